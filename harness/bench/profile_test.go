package bench

import (
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// A sample is that of the innermost function that is somebody's.
func TestWhoseASampleIs(t *testing.T) {
	stack := func(weight int64, names ...string) *profile.Sample {
		s := &profile.Sample{Value: []int64{1, weight}}
		for _, name := range names {
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: name}}}})
		}
		return s
	}
	const serve, ours = "net/http.(*conn).serve", "gossiprpc/internal/xmlrpc.(*Server).ServeHTTP"
	got, err := split(&profile.Profile{Sample: []*profile.Sample{
		stack(1, "runtime.memmove", ours, serve),
		stack(2, "syscall.Syscall", "internal/poll.(*FD).Read", "net.(*conn).Read", "net/http.(*body).Read", ours, serve),
		stack(4, "bufio.(*Reader).ReadSlice", serve),
		stack(3, "runtime.gcBgMarkWorker"),
	}})
	if want := (shares{0.1, 0.6, 0.3}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if text := got.String(); !strings.Contains(text, "10 % are this project's own, 60 % those of net/http") {
		t.Error(text)
	}
	if _, err := split(&profile.Profile{}); err == nil {
		t.Error("no error for a profile without samples")
	}
}
