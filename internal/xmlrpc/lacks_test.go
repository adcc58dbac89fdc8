package xmlrpc

import (
	"strconv"
	"testing"
	"time"
)

// TestLacksAreForgotten, after a while, and when there are too many.
func TestLacksAreForgotten(t *testing.T) {
	var l lacks
	began := time.Unix(1000, 0)
	first := lack{"a:1", "m"}
	if l.has(first, began) {
		t.Error("lacks what was never asked")
	}
	l.add(first, began)
	for _, c := range []struct {
		what  lack
		after time.Duration
		want  bool
	}{{first, 0, true}, {first, lacksFor - 1, true}, {first, lacksFor, false}, {lack{"a:1", "n"}, 0, false}, {lack{"b:1", "m"}, 0, false}} {
		if got := l.has(c.what, began.Add(c.after)); got != c.want {
			t.Errorf("%v after %v: %v, want %v", c.what, c.after, got, c.want)
		}
	}
	for i := range maxLacks - 1 {
		l.add(lack{strconv.Itoa(i), "m"}, began)
	}
	if !l.has(first, began) {
		t.Errorf("forgotten, though no more than %d are remembered", maxLacks)
	}
	l.add(lack{"one more", "m"}, began)
	if l.has(first, began) || !l.has(lack{"one more", "m"}, began) || len(l.until) != 1 {
		t.Errorf("%d remembered beyond the bound", len(l.until))
	}
}
