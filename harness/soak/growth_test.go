package soak

import (
	"strings"
	"testing"
)

func TestGrowth(t *testing.T) {
	before := Vitals{Goroutines: 40, Files: 30, Connections: 20, Memory: 3 * mb, Peak: 20 * mb}
	most := Vitals{Goroutines: 40 + 40, Files: 30 + 20, Connections: 20 + 20, Memory: (3 + 16) * mb, Peak: 320 * mb}
	if over := grown("node1", before, most, 10); len(over) > 0 {
		t.Errorf("within the bounds: %q", over)
	}
	for want, more := range map[string]func(v *Vitals){
		"node1: from 40 to 81 goroutines, want at most 40 more":       func(v *Vitals) { v.Goroutines++ },
		"node1: from 30 to 51 open files, want at most 20 more":       func(v *Vitals) { v.Files++ },
		"node1: from 20 to 41 connections, want at most 20 more":      func(v *Vitals) { v.Connections++ },
		"node1: from 3 to 20 MB of live memory, want at most 16 more": func(v *Vitals) { v.Memory += mb },
		"node1: 321 MB of memory once, want at most 320":              func(v *Vitals) { v.Peak += mb },
	} {
		after := most
		more(&after)
		if got := strings.Join(grown("node1", before, after, 10), "; "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
