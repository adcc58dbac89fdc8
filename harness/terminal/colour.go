package terminal

// Colour is what a text is painted in. It never says anything that the text does not.
type Colour string

// The colours.
const (
	Plain  Colour = ""
	Good   Colour = "32" // green
	Bad    Colour = "31" // red
	Unsure Colour = "33" // yellow
	Faint  Colour = "2"
)

// Paint colours a text where that is seen.
func (s *Screen) Paint(c Colour, text string) string { return paint(s.colours, c, text) }

func paint(on bool, c Colour, text string) string {
	if !on || c == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
