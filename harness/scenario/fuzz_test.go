package scenario

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// FuzzScript: whatever a script holds, it is refused as a bad one, or keeps its lines.
// What may come over the network has no word of testscript's own, and is a script.
func FuzzScript(f *testing.F) {
	_, texts, err := Shipped()
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range texts {
		f.Add([]byte(text))
	}
	for _, text := range []string{
		"[local] ! [sim] kill node1 # why\n", "[", "! ", "kill", "exec rm -rf /\n", "cluster 4 rr\n-- file --\nx\n",
		"!exec x", "\u00a0", "\u00a0# why", "\n\n", "\tkill\tnode1", "kill-process node1", "[exec:sh] stop",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		translated, err := translate("script.txt", text)
		guest := CheckGuest("script.txt", text)
		if err != nil {
			if !errors.Is(err, ErrScript) || guest == nil {
				t.Fatalf("%v, for a guest %v", err, guest)
			}
			return
		}
		if guest != nil && !errors.Is(guest, ErrScript) {
			t.Fatalf("an error of another kind: %v", guest)
		}
		if again, err := translate("script.txt", text); err != nil || !bytes.Equal(translated, again) {
			t.Fatalf("translated otherwise the second time: %v", err)
		}
	})
}

// FuzzSpan: a length of time is refused, or is one that lets time pass.
func FuzzSpan(f *testing.F) {
	for _, text := range []string{
		"20s", "2*fail+gossip", "bound", "-1*fail", "NaN*fail", "Inf*bound", "1e300*gossip", "9223372036s+9223372036s",
		"200000s+200000s", "0x1p-2*heartbeat", "*fail", "1h+", "0.5*bound+0.5*bound",
	} {
		f.Add(text)
	}
	s := spans{speed: 0.01, timing: protocol.DefaultTiming(), bound: time.Minute}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := s.parse(text); err == nil && (d < 0 || d > mostSpan) {
			t.Errorf("%q is %v", text, d)
		}
	})
}
