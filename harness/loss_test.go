package harness

import "testing"

func TestParseLoss(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "1": 1, "0.25": 0.25, "25%": 0.25, "100%": 1} {
		if got, err := ParseLoss(text); err != nil || got != want {
			t.Errorf("%s: %g, %v, want %g", text, got, err, want)
		}
	}
	for _, text := range []string{"", "10", "-0.1", "101%", "NaN", "much", "%"} {
		if got, err := ParseLoss(text); err == nil {
			t.Errorf("%q: %g, want an error", text, got)
		}
	}
}
