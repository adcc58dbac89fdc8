package largest

import "testing"

func TestOf(t *testing.T) {
	if got := Of(3, 7, 7, 5); got != 7 {
		t.Errorf("Of(3, 7, 7, 5) = %d, want 7", got)
	}
}
