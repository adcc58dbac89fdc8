package process_test

import (
	"testing"
	"time"

	"gossiprpc/internal/machine"
)

// Each file has an ID of its own, by which its failure is told of.
func TestACollectThatFails(t *testing.T) {
	r := joined(t, nil)
	var ids []uint64
	for range 2 {
		r.out = nil
		r.step(machine.Line{Text: "collect"})
		ids = append(ids, r.out[0].(machine.Write).ID)
	}
	if ids[0] == 0 || ids[1] == 0 || ids[0] == ids[1] {
		t.Errorf("IDs %v, want two that differ, neither of them 0", ids)
	}
	calls := map[uint64]bool{}
	for range 5 {
		r.step(machine.Line{Text: "collect"})
		c, _ := r.untilCall(3 * time.Second)
		if calls[c.ID] {
			t.Errorf("two calls have the ID %d", c.ID)
		}
		calls[c.ID] = true
		r.answer(c, machine.Answer{})
	}
	r.step(machine.Written{ID: ids[0]})
	if n := r.said("digest not written"); n != 0 {
		t.Errorf("a file that was written is told of: %v", r.out)
	}
	r.step(machine.Written{ID: ids[1], Error: "disk full"})
	last := r.out[len(r.out)-1].(machine.Log)
	if r.said("digest not written") != 1 || last.Fields[0].Value != "disk full" {
		t.Errorf("said %+v, want why the file was not written", last)
	}
}

// A word that is none is named, with those that there are; an empty line says
// nothing and shows the words again.
func TestWordsThatAreNone(t *testing.T) {
	r := newRig(t, nil)
	r.step(machine.Line{Text: "conect"})
	want := "unknown word \"conect\", want connect, stop or collect (or 1, 2, 3)\n"
	if len(r.out) != 1 || r.out[0] != (machine.Print{Text: want}) {
		t.Errorf("printed %q, want %q and no words, as the node has no console", r.out, want)
	}
	r.out = nil
	r.step(machine.Line{})
	if len(r.out) > 0 {
		t.Errorf("an empty line: %v", r.out)
	}
}
