package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/jedib0t/go-pretty/v6/text"
	"pgregory.net/rapid"

	_ "gossiprpc/internal/property"
)

// screen is one that a test chooses.
func screen(columns int, live, colours bool) (*Screen, *bytes.Buffer) {
	var out bytes.Buffer
	return &Screen{out: &out, size: func() int { return columns }, live: live, colours: colours}, &out
}

// results is a table as the scenarios' is.
func results() Table {
	t := Table{
		Columns: []Column{
			{Title: "protocol", Same: true},
			{Title: "case", Right: true},
			{Title: "done", Wrap: 11, Spare: 2},
			{Title: "expected", Wrap: 11},
			{Title: "measured", Right: true},
			{Title: "as printed", Right: true, Spare: 1},
			{Title: "the original", Right: true},
			{Title: "false suspicions", Right: true, Same: true},
			{Title: "verdict", Same: true},
		},
		Colour: func(_ int, cell string) Colour { return map[string]Colour{"pass": Good, "fail": Bad}[cell] },
		More:   "; see the file",
	}
	t.Row("scrr", 1, "kill node7", "node7 dead in 33.0 s", "16.2 s", "16.1 s", "9.9 s", 0, "pass")
	t.Row("scrr", 2, "kill node2 node8", "node2 node8 dead in 39.0 s", "15.2 s", "15.1 s", "51.7 s", 10, "fail")
	return t
}

func TestTables(t *testing.T) {
	datadriven.RunTest(t, "testdata/tables.txt", func(t *testing.T, d *datadriven.TestData) string {
		columns := 0
		if d.HasArg("columns") {
			d.ScanArgs(t, "columns", &columns)
		}
		s, out := screen(columns, false, d.HasArg("colour"))
		table := results()
		if d.HasArg("agree") {
			table.rows[1][8], table.rows[1][7] = "pass", "0"
		}
		if d.HasArg("empty") {
			table.rows = nil
		}
		s.Table(table)
		return strings.ReplaceAll(out.String(), "\x1b", "^")
	})
}

// A table never is wider than the window, unless a single word is; and none of its
// words is lost but those of columns that it says it left out.
func TestTablesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-zé]{1,8}`)
		cell := rapid.SliceOfN(word, 0, 5)
		var table Table
		count := rapid.IntRange(1, 8).Draw(t, "columns")
		for i := range count {
			table.Columns = append(table.Columns, Column{
				Title: strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, "title"), " "), Right: i%2 == 0,
				Wrap: rapid.IntRange(0, 6).Draw(t, "wrap"), Same: rapid.Bool().Draw(t, "same"),
				Spare: rapid.IntRange(0, 2).Draw(t, "spare"),
			})
		}
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			var row []any
			for range count {
				row = append(row, strings.Join(cell.Draw(t, "cell"), " "))
			}
			table.Row(row...)
		}
		columns := rapid.IntRange(30, 200).Draw(t, "width")
		got := table.render(columns, false)
		for line := range strings.Lines(got) {
			if text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")) > columns {
				t.Fatalf("wider than %d:\n%s", columns, got)
			}
		}
		_, left, _ := strings.Cut(got, "Left out: ")
		for c, column := range table.Columns {
			if strings.Contains(strings.ReplaceAll(left, "\n", " "), column.Title) {
				continue
			}
			for _, row := range table.rows {
				for _, word := range strings.Fields(row[c]) {
					if !strings.Contains(got, word) {
						t.Fatalf("%q of column %q is lost:\n%s", word, column.Title, got)
					}
				}
			}
		}
	})
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		line            string
		columns, indent int
		want            string
	}{
		{"   0.1 s  kill node1 node2", 20, 10, "   0.1 s  kill node1\n          node2"},
		{"   0.1 s  kill node1 node2", 0, 10, "   0.1 s  kill node1 node2"},
		{"one two\nthree four\n", 7, 0, "one two\nthree\nfour\n"},
		{"longerthanthatis and more", 14, 4, "longerthanthatis\n    and more"},
		{"   longerthanthat", 18, 4, "   longerthanthat"},
		{"a b c d", 11, 2, "a b c d"},
		{"a b c d", 3, 2, "a b\nc d"},
	} {
		if got := fill(c.line, c.columns, c.indent); got != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.line, c.columns, got, c.want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		line string
		most int
		want string
	}{{"abcdef", 6, "abcdef"}, {"abcdefg", 6, "abc..."}, {"ab\ncd", 6, "ab cd"}, {"äöüäöüä", 6, "äöü..."}, {"abcd", 2, "ab"}, {"a", -1, ""}} {
		if got := Shorten(c.line, c.most); got != c.want {
			t.Errorf("%q to %d: %q, want %q", c.line, c.most, got, c.want)
		}
	}
}

func TestTheLastLineIsWrittenAgain(t *testing.T) {
	s, out := screen(12, true, false)
	for _, line := range []string{"one", "a long line that wraps"} {
		if !s.Bottom(line) {
			t.Fatal("a terminal has a last line")
		}
	}
	fmt.Fprintln(s, "said")
	s.Clear()
	if want := "one\r\x1b[Ka long l...\r\x1b[Ksaid\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// What is no terminal gets whole lines, and not many.
func TestNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, out := screen(0, false, true)
		for i := range 25 {
			s.NowAndThen(fmt.Sprintf("%d s", i))
			<-time.After(time.Second)
		}
		if s.Bottom("never") || out.String() != "10 s\n20 s\n" {
			t.Errorf("%q", out.String())
		}
	})
}

func TestWhatIsNoTerminalIsPlain(t *testing.T) {
	for columns, want := range map[string]int{"": 0, "132": 132, "many": 0, "-1": 0} {
		t.Setenv("COLUMNS", columns)
		var out bytes.Buffer
		s := On(&out)
		if got := s.Columns(); got != want {
			t.Errorf("COLUMNS=%s: %d, want %d", columns, got, want)
		}
		if got := s.Paint(Bad, "fail"); got != "fail" || s.Bottom("x") {
			t.Errorf("painted %q", got)
		}
		if On(s) != s {
			t.Error("a screen on a screen")
		}
	}
}
