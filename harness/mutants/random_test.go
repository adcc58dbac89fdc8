package mutants

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestRandom: of all changes that there are to the tiny room, exactly those live
// that no test looks at or that change nothing.
func TestRandom(t *testing.T) {
	var out strings.Builder
	tally, err := tiny().Random(t.Context(), &out, "largest", 100, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	var lives []string
	for _, m := range tally.Unnoticed {
		lives = append(lives, m.Name+strings.ReplaceAll(strings.TrimSpace(m.Hunks[0].New), "\n\t\t", " "))
	}
	slices.Sort(lives)
	want := []string{"largest/largest.go:17return n - n", "largest/largest.go:6most := 1", "largest/largest.go:8if n >= most {"}
	slices.SortFunc(want, cmp.Compare[string])
	if !slices.Equal(lives, want) || tally.Tried != 5 || tally.Broken != 0 {
		t.Errorf("%d tried, %d broken, alive %q, want %q\n%s", tally.Tried, tally.Broken, lives, want, out.String())
	}
	if !strings.Contains(out.String(), "3 unnoticed, 60.0 %") {
		t.Errorf("no share at the end:\n%s", out.String())
	}
	// What is unnoticed is told as the list wants it, and an entry explains it.
	known := parsed(t, strings.ReplaceAll(tally.Unnoticed[0].String(), "rule: unknown", "equal: nothing depends on it"))
	again, err := tiny().Random(t.Context(), io.Discard, "largest", 100, 3, known)
	if err != nil || again.Explained != 1 || len(again.Unnoticed) != 2 {
		t.Errorf("%+v, %v, want one explained", again, err)
	}
}

func TestRandomRepeats(t *testing.T) {
	var texts [2]string
	for i := range texts {
		tally, err := tiny().Random(t.Context(), io.Discard, "largest", 2, 11, nil)
		if err != nil || tally.Tried != 2 {
			t.Fatalf("%+v, %v", tally, err)
		}
		for _, m := range tally.Unnoticed {
			texts[i] += m.String()
		}
	}
	if texts[0] != texts[1] {
		t.Errorf("one seed, two draws:\n%s\n%s", texts[0], texts[1])
	}
}

func TestARoomWithNothingToChange(t *testing.T) {
	if _, err := tiny().Random(t.Context(), io.Discard, "gone", 1, 1, nil); err == nil {
		t.Error("no error for a folder that is not there")
	}
}

// TestEdits: the kinds of changes, each in the form of the list.
func TestEdits(t *testing.T) {
	const text = `package p

func f(a, b bool, n int) int {
	if a && b {
		n += 2
	}
	n++
	return n
}

func g(n int) {
	n++
	println(n)
}
`
	edits, err := editsOf("p/p.go", text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range edits {
		m := e.mutant(text)
		changed, err := m.apply(text)
		if want := text[:e.from] + e.text + text[e.to:]; err != nil || changed != want {
			t.Errorf("%s: %v\n%s", m, err, changed)
		}
		got = append(got, strings.Join(strings.Fields(m.Hunks[0].Old), " ")+" > "+strings.Join(strings.Fields(m.Hunks[0].New), " "))
	}
	want := []string{
		"if a && b { > if !(a && b) {",
		"if a && b { > if a {",
		"if a && b { > if b {",
		"if a && b { > if a || b {",
		"n += 2 > ",
		"n += 2 > n -= 2",
		"n += 2 > n += 3",
		"} n++ > }",
		"} n++ > } n--",
		"func g(n int) { n++ > func g(n int) {",
		"func g(n int) { n++ > func g(n int) { n--",
		"println(n) > ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
