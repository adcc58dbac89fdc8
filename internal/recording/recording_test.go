package recording_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/instant"
	"gossiprpc/internal/machine"
	_ "gossiprpc/internal/property"
	"gossiprpc/internal/recording"
)

// header is of a process that starts a day after 1970.
func header() recording.Header {
	return recording.Header{
		Kind: recording.Node, Self: "node1:5000", Settings: json.RawMessage(`{"random":7}`), Version: "test",
		Started: time.Unix(86400, 5).UTC(), Zone: "UTC",
	}
}

// parrot is a machine whose effects are a text for each event.
type parrot struct {
	steps   int
	changed int // the step that it takes otherwise; 0: none
}

func (p *parrot) Step(_ time.Time, ev machine.Event) []machine.Effect {
	p.steps++
	text := "an event"
	if p.steps == p.changed {
		text = "another event"
	}
	if l, ok := ev.(machine.Line); ok {
		text += " " + l.Text
	}
	return []machine.Effect{machine.Print{Text: text}}
}

func (p *parrot) Deadline() (time.Time, bool) { return time.Time{}, false }

// record steps a parrot through the events.
func record(t require, events []timed, limit int64) []byte {
	var file bytes.Buffer
	r := recording.Wrap(&parrot{}, &file, header(), limit)
	for _, e := range events {
		r.Step(e.at, e.event)
	}
	r.End("")
	if err := r.Err(); err != nil {
		t.Fatalf("recorder: %v", err)
	}
	return file.Bytes()
}

// require is what of a test the helpers need.
type require interface {
	Helper()
	Fatalf(string, ...any)
}

// read returns all that can be read, and why it is not more.
func read(file []byte) ([]recording.Record, recording.End, error) {
	r, err := recording.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, recording.End{}, err
	}
	var all []recording.Record
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, r.End(), nil
		}
		if err != nil {
			return all, r.End(), err
		}
		all = append(all, rec)
	}
}

func TestAnyEventsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawEvents(t)
		got, end, err := read(record(t, want, 0))
		if err != nil || end != (recording.End{Proper: true}) {
			t.Fatalf("reading: %v, end %+v", err, end)
		}
		if len(got) != len(want) {
			t.Fatalf("%d events, want %d", len(got), len(want))
		}
		for i, g := range got {
			if diff := cmp.Diff(want[i].event, g.Event); diff != "" {
				t.Fatalf("event %d differs:\n%s", i, diff)
			}
			w := want[i].at
			if !g.Time.Round(0).Equal(w.Round(0)) || g.Time.Sub(got[0].Time) != w.Sub(want[0].at) {
				t.Fatalf("event %d is at %v, want %v", i, g.Time, w)
			}
			if g.Time.Format(time.RFC3339) != w.Format(time.RFC3339) {
				t.Fatalf("event %d is in another zone: %v, want %v", i, g.Time, w)
			}
		}
	})
}

func TestPlayTellsTheFirstDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		file := record(t, events, 0)
		changed := rapid.IntRange(0, len(events)).Draw(t, "changed")
		r, err := recording.NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		played, differs := 0, 0
		for s, err := range recording.Play(r, &parrot{changed: changed}) {
			var d *recording.Difference
			switch {
			case errors.As(err, &d):
				differs = d.Number
			case err != nil:
				t.Fatal(err)
			default:
				played++
			}
			_ = s
		}
		if differs != changed || changed == 0 && played != len(events) {
			t.Fatalf("event %d differs after %d equal ones, want event %d", differs, played, changed)
		}
	})
}

// sample is a recording with every kind of record, and where its frames begin.
func sample(t *testing.T) ([]byte, []recording.Record) {
	t.Helper()
	file := record(t, someEvents(), 0)
	all, _, err := read(file)
	if err != nil || len(all) != len(someEvents()) {
		t.Fatalf("%d events: %v", len(all), err)
	}
	return file, all
}

func TestAFileThatIsCutAnywhereIsReadUpToThere(t *testing.T) {
	file, all := sample(t)
	for size := range file {
		got, end, err := read(file[:size])
		if size < int(all[0].Offset) {
			if !errors.Is(err, recording.ErrNoHeader) {
				t.Fatalf("%d bytes, of the header: %v", size, err)
			}
			continue
		}
		if err != nil || end.Proper {
			t.Fatalf("%d bytes: %v, end %+v", size, err, end)
		}
		whole := 0 // records that end within size, each where the next begins
		boundary := size == int(all[0].Offset)
		for i := range all {
			ends := int64(len(file) - len(lastRecord("")))
			if i+1 < len(all) {
				ends = all[i+1].Offset
			}
			if ends <= int64(size) {
				whole = i + 1
			}
			boundary = boundary || ends == int64(size)
		}
		if len(got) != whole || end.Torn == boundary {
			t.Fatalf("%d bytes: %d events, want %d; end %+v", size, len(got), whole, end)
		}
	}
}

// lastRecord is the frame that says why a recording ends.
func lastRecord(why string) []byte {
	var with, without bytes.Buffer
	r := recording.Wrap(&parrot{}, &with, header(), 0)
	recording.Wrap(&parrot{}, &without, header(), 0)
	r.End(why)
	return with.Bytes()[without.Len():]
}

func TestADamagedByteIsFound(t *testing.T) {
	file, all := sample(t)
	for at := range file {
		for _, change := range []byte{1, 0x80, 0xff} {
			damaged := slices.Clone(file)
			damaged[at] ^= change
			got, end, err := read(damaged)
			if errors.Is(err, recording.ErrNoHeader) {
				t.Fatalf("byte %d changed by %#x: taken for a file that was cut short", at, change)
			}
			if err == nil && !end.Torn {
				t.Fatalf("byte %d changed by %#x: nobody noticed", at, change)
			}
			if err != nil && !errors.Is(err, recording.ErrDamaged) && at != 8 {
				t.Fatalf("byte %d changed by %#x: %v", at, change, err)
			}
			for i, g := range got {
				if diff := cmp.Diff(all[i], g); diff != "" {
					t.Fatalf("byte %d changed by %#x: event %d differs:\n%s", at, change, i, diff)
				}
				if g.Offset > int64(at) {
					t.Fatalf("byte %d changed by %#x: the event at offset %d was taken", at, change, g.Offset)
				}
			}
		}
	}
}

func TestADamagedRecordIsNamed(t *testing.T) {
	file, all := sample(t)
	file[all[2].Offset+4] ^= 4
	_, _, err := read(file)
	want := "damaged recording: wrong checksum of the record at offset "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestAMissingRecordIsFound(t *testing.T) {
	file, all := sample(t)
	for i := range len(all) - 1 {
		lacking := slices.Concat(file[:all[i].Offset], file[all[i+1].Offset:])
		if got, _, err := read(lacking); !errors.Is(err, recording.ErrDamaged) || len(got) > i {
			t.Errorf("without record %d: %d events, error %v", i+1, len(got), err)
		}
	}
}

func TestTheLimitEndsTheRecording(t *testing.T) {
	events := someEvents()
	whole := record(t, events, 0)
	for limit := int64(len(whole)) - 300; limit <= int64(len(whole))+40; limit++ {
		var file bytes.Buffer
		r := recording.Wrap(&parrot{}, &file, header(), limit)
		said := 0
		for _, e := range events {
			for _, effect := range r.Step(e.at, e.event) {
				if l, ok := effect.(machine.Log); ok && strings.Contains(l.Text, "recording ends") {
					said++
				}
			}
		}
		r.End("")
		got, end, err := read(file.Bytes())
		if err != nil || !end.Proper || int64(file.Len()) > limit || r.Err() != nil {
			t.Fatalf("limit %d: %d bytes, end %+v, errors %v and %v", limit, file.Len(), end, err, r.Err())
		}
		reached := len(got) < len(events)
		if reached != (said == 1) || reached != (end.Why == "its limit is reached") {
			t.Fatalf("limit %d: %d of %d events, said %d times, end %+v", limit, len(got), len(events), said, end)
		}
	}
}

func TestAnEventThatTheFormatHasNotEndsTheRecording(t *testing.T) {
	var file bytes.Buffer
	p := &parrot{}
	r := recording.Wrap(p, &file, header(), 0)
	now := instant.At(int64(time.Hour), 0, time.UTC)
	r.Step(now, machine.Start{})
	effects := r.Step(now, nil)
	r.Step(now, machine.Tick{})
	if p.steps != 3 || len(effects) != 2 {
		t.Errorf("the machine has made %d steps, the second with effects %v", p.steps, effects)
	}
	got, end, err := read(file.Bytes())
	if err != nil || len(got) != 1 || !strings.Contains(end.Why, "no event of type") {
		t.Errorf("%d events, end %+v, error %v", len(got), end, err)
	}
}

// TestStrangeNamesTakeNoMemory: a name that is too long, or one too many, is
// written whole each time, so that invented names fill no table.
func TestStrangeNamesTakeNoMemory(t *testing.T) {
	register := func(names ...gossip.Address) int {
		events := make([]timed, len(names))
		for i, a := range names {
			events[i] = timed{
				instant.At(int64(time.Hour), 0, time.UTC), machine.Called{Request: machine.Register{Node: a}},
			}
		}
		return len(record(t, events, 0))
	}
	again := func(before []gossip.Address, a gossip.Address) int {
		once := register(append(slices.Clone(before), a)...)
		return register(append(slices.Clone(before), a, a)...) - once
	}
	for _, c := range []struct {
		length int
		whole  bool
	}{{100, false}, {512, false}, {513, true}} {
		a := gossip.Address(strings.Repeat("n", c.length))
		if size := again(nil, a); (size > c.length) != c.whole {
			t.Errorf("a name of %d bytes takes %d again", c.length, size)
		}
	}
	many := make([]gossip.Address, 1<<16)
	for i := range many {
		many[i] = gossip.Address(fmt.Sprintf("node%d:5000", i))
	}
	last := gossip.Address(strings.Repeat("n", 100))
	if size := again(many[1:], last); size >= 100 {
		t.Errorf("the 65,536th name takes %d bytes again", size)
	}
	if size := again(many, last); size < 100 {
		t.Errorf("the 65,537th name takes only %d bytes again", size)
	}
}

func TestAnotherVersionIsRefused(t *testing.T) {
	file, _ := sample(t)
	file[8] = 9
	if _, _, err := read(file); err == nil || !strings.Contains(err.Error(), "version 9: want version 1") {
		t.Errorf("error %v", err)
	}
}
