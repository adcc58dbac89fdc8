package recording_test

import (
	"bytes"
	"testing"
	"time"

	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
)

// FuzzReader: whatever a file holds, the reader neither panics nor reads on after
// an error, and what it reads can be recorded again and comes back equal.
func FuzzReader(f *testing.F) {
	var small bytes.Buffer
	r := recording.Wrap(&parrot{}, &small, header(), 0)
	for _, e := range someEvents()[:5] {
		r.Step(e.at, e.event)
	}
	f.Add(small.Bytes(), []byte{})
	f.Add(small.Bytes(), []byte{4, 2, 2, 1, 5, 1, 2, 3, 4})
	f.Add([]byte("gossiprc\x01"), []byte{})
	f.Fuzz(func(t *testing.T, file, payload []byte) {
		// A payload that is not empty comes as a further record with its checksums,
		// which no mutation finds by itself.
		if len(payload) > 0 {
			file = recording.AppendPayload(file, payload)
		}
		all, _, _ := read(file)
		var again bytes.Buffer
		w := recording.Wrap(&parrot{}, &again, header(), 0)
		for _, rec := range all {
			w.Step(rec.Time, rec.Event)
		}
		w.End("")
		back, end, err := read(again.Bytes())
		if err != nil || !end.Proper || len(back) != len(all) {
			t.Fatalf("%d of %d events came back: end %+v, %v", len(back), len(all), end, err)
		}
		for i := range back {
			if !sameEvent(back[i], all[i]) {
				t.Fatalf("event %d is %+v, want %+v", i, back[i], all[i])
			}
		}
	})
}

// sameEvent compares by what the format says of an event.
func sameEvent(a, b recording.Record) bool {
	encoded := func(ev machine.Event) []byte {
		var file bytes.Buffer
		w := recording.Wrap(&parrot{}, &file, header(), 0)
		w.Step(time.Unix(1e9, 0), ev)
		return file.Bytes()
	}
	return a.Time.Round(0).Equal(b.Time.Round(0)) && bytes.Equal(encoded(a.Event), encoded(b.Event))
}
