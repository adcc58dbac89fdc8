package terminal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Column is a column of a [Table]. Titles may be broken at their spaces.
type Column struct {
	Title string
	Right bool // its cells stand on the right
	Wrap  int  // its cells may be broken at their spaces, to no less than this; 0: never
	Same  bool // if all rows agree, it is said once, above a table that would be too wide
	Spare int  // left out of a table that is still too wide, the largest first; 0: never
}

// Table is rows of cells. It fits any window: one that is too narrow even for the
// columns that cannot be spared gets a line for each cell.
type Table struct {
	Columns []Column
	// Colour paints a cell; nil: none is.
	Colour func(column int, cell string) Colour
	// More says where to find what had to be left out.
	More string
	rows [][]string
}

// Row adds a row. Cells that are missing are empty.
func (t *Table) Row(cells ...any) {
	row := make([]string, len(t.Columns))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, row)
}

// Table prints a table as wide as the window lets it be.
func (s *Screen) Table(t Table) {
	fmt.Fprint(s, t.render(s.size(), s.colours))
}

// gap is between two columns.
const gap = "  "

// render makes the lines. Zero columns are no limit.
func (t Table) render(columns int, colours bool) string {
	shown := make([]int, len(t.Columns))
	for i := range shown {
		shown[i] = i
	}
	if columns == 0 || t.natural(shown) <= columns {
		return t.lines(shown, t.widths(shown, columns), colours)
	}
	var before, after string
	rest, same := t.common(shown)
	if len(same) > 0 {
		before = fill(strings.Join(same, "; ")+"\n", columns, 0)
	}
	shown = slices.Clone(rest)
	var left []string
	for t.least(shown) > columns {
		i := t.spare(shown)
		if i < 0 {
			return before + t.records(rest, columns, colours)
		}
		left = append(left, t.Columns[shown[i]].Title)
		shown = slices.Delete(shown, i, i+1)
	}
	if len(left) > 0 {
		after = fill(fmt.Sprintf("Left out: %s%s\n", strings.Join(left, ", "), t.More), columns, 0)
	}
	return before + t.lines(shown, t.widths(shown, columns), colours) + after
}

// common takes out the columns in which all rows agree, and returns what they say.
func (t Table) common(shown []int) (rest []int, same []string) {
	for _, c := range shown {
		column := t.Columns[c]
		agree := column.Same && len(t.rows) > 0 &&
			!slices.ContainsFunc(t.rows, func(row []string) bool { return row[c] != t.rows[0][c] })
		switch {
		case !agree:
			rest = append(rest, c)
		case t.rows[0][c] != "":
			same = append(same, column.Title+": "+t.rows[0][c])
		}
	}
	return rest, same
}

// spare is where the column stands that is left out next; -1: none may be.
func (t Table) spare(shown []int) int {
	found := -1
	for i, c := range shown {
		if t.Columns[c].Spare > 0 && (found < 0 || t.Columns[c].Spare > t.Columns[shown[found]].Spare) {
			found = i
		}
	}
	return found
}

// bounds are a column's widths: with nothing broken, and with all that may be.
func (t Table) bounds(c int) (least, most int) {
	column := t.Columns[c]
	for _, row := range t.rows {
		wide := text.LongestLineLen(row[c])
		most = max(most, wide)
		if column.Wrap > 0 {
			wide = min(wide, max(column.Wrap, longestWord(row[c])))
		}
		least = max(least, wide)
	}
	return max(least, longestWord(column.Title)), max(most, text.LongestLineLen(column.Title))
}

func longestWord(s string) int {
	longest := 0
	for _, word := range strings.Fields(s) {
		longest = max(longest, text.StringWidthWithoutEscSequences(word))
	}
	return longest
}

func (t Table) natural(shown []int) int {
	total := len(gap) * (len(shown) - 1)
	for _, c := range shown {
		_, most := t.bounds(c)
		total += most
	}
	return total
}

func (t Table) least(shown []int) int {
	total := len(gap) * (len(shown) - 1)
	for _, c := range shown {
		least, _ := t.bounds(c)
		total += least
	}
	return total
}

// widths makes the widest columns narrower until all fit.
func (t Table) widths(shown []int, columns int) []int {
	widths, least := make([]int, len(shown)), make([]int, len(shown))
	for i, c := range shown {
		least[i], widths[i] = t.bounds(c)
	}
	for over := t.natural(shown) - columns; columns > 0 && over > 0; over-- {
		widest := -1
		for i := range widths {
			if widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		widths[widest]-- // one is left, or least would not have fitted
	}
	return widths
}

func (t Table) lines(shown, widths []int, colours bool) string {
	var b strings.Builder
	titles := make([]string, len(t.Columns))
	rule := make([]string, len(shown))
	for i, c := range shown {
		titles[c] = t.Columns[c].Title
		rule[i] = strings.Repeat("-", widths[i])
	}
	t.line(&b, titles, shown, widths, func(int, string) Colour { return Plain }, false)
	b.WriteString(strings.Join(rule, gap) + "\n")
	for _, row := range t.rows {
		t.line(&b, row, shown, widths, t.Colour, colours)
	}
	return b.String()
}

func (t Table) line(
	b *strings.Builder, row []string, shown, widths []int, colour func(int, string) Colour, colours bool,
) {
	broken := make([][]string, len(shown))
	height := 0
	for i, c := range shown {
		broken[i] = strings.Split(fill(row[c], widths[i], 0), "\n")
		height = max(height, len(broken[i]))
	}
	for k := range height {
		line := ""
		for i, c := range shown {
			cell := ""
			if k < len(broken[i]) {
				cell = broken[i][k]
			}
			align := text.AlignLeft
			if t.Columns[c].Right {
				align = text.AlignRight
			}
			cell = align.Apply(cell, widths[i])
			if i == len(shown)-1 {
				cell = strings.TrimRight(cell, " ")
			}
			if colour != nil {
				cell = paint(colours, colour(c, row[c]), cell)
			}
			if i > 0 {
				line += gap
			}
			line += cell
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// records writes a line for each cell.
func (t Table) records(shown []int, columns int, colours bool) string {
	var b strings.Builder
	wide := 0
	for _, c := range shown {
		wide = max(wide, text.StringWidthWithoutEscSequences(t.Columns[c].Title))
	}
	for i, row := range t.rows {
		if i > 0 {
			b.WriteString("\n")
		}
		for _, c := range shown {
			cell := row[c]
			if cell == "" {
				continue
			}
			colour := Plain
			if t.Colour != nil {
				colour = t.Colour(c, cell)
			}
			title := text.AlignLeft.Apply(t.Columns[c].Title, wide) + gap
			b.WriteString(fill(title+paint(colours, colour, cell)+"\n", columns, wide+len(gap)))
		}
	}
	return b.String()
}
