package core

import (
	"time"

	"gossiprpc/internal/machine"
)

// batch is some files on their way to the disk.
type batch struct {
	left     int      // how many are still to be written
	failures []string // why some could not be
	then     func(failures []string)
}

// write has files written, and calls then, in a later step, when the last one is
// written or has failed. One that fails does not keep the others from being tried.
func (c *Core) write(files []machine.Write, then func(failures []string)) {
	b := &batch{left: len(files), then: then}
	for _, w := range files {
		w.ID = c.nextID()
		c.writing[w.ID] = b
		c.emit(w)
	}
}

func (c *Core) written(now time.Time, ev machine.Written) {
	if c.appended(now, ev) {
		return
	}
	b, ok := c.writing[ev.ID]
	if !ok {
		return
	}
	delete(c.writing, ev.ID)
	if ev.Error != "" {
		b.failures = append(b.failures, ev.Error)
	}
	if b.left--; b.left == 0 {
		b.then(b.failures)
	}
}
