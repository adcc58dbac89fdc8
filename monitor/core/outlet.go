package core

import (
	"fmt"
	"time"

	"gossiprpc/internal/machine"
)

// outlet is a file that results are appended to, one at a time, so that they stay in
// order. What cannot be written is kept, and tried again until it can.
type outlet struct {
	file  string
	queue []entry
	busy  uint64        // ID of the write of the first of them; 0: none is under way
	since time.Time     // when that began
	why   string        // why the first of them waits, as people are told; empty: it does not
	wait  time.Duration // until the next try
	again time.Time     // when that is due
}

// entry is a block on its way to the disk. told is called once: when it is written,
// with an empty reason, or when it turns out that it has to wait, with why.
type entry struct {
	data []byte
	told func(why string)
}

const (
	slowWrite  = 5 * time.Second // after which people are told that a write is still under way
	firstRetry = 5 * time.Second
	lastRetry  = time.Minute // the waits between two tries double up to this
	maxBlocks  = 1000        // that one file's outlet keeps; beyond that the oldest is lost
)

// appendBlock writes data to a file's end, after all that waits for it.
func (c *Core) appendBlock(now time.Time, o *outlet, data []byte, told func(why string)) {
	e := entry{data: data, told: told}
	if o.why != "" {
		e.told(o.why)
		e.told = nil
	}
	if len(o.queue) == maxBlocks {
		c.emit(machine.Log{Level: machine.Warn, Text: "result lost: too many wait to be written", Fields: []machine.Field{
			{Key: "file", Value: o.file}, {Key: "block", Value: string(o.queue[1].data)},
		}})
		o.queue = append(o.queue[:1], o.queue[2:]...) // the first may be on its way
	}
	o.queue = append(o.queue, e)
	if o.why == "" {
		c.writeNext(now, o)
	}
}

// writeNext has the first block written that waits, unless one is under way.
func (c *Core) writeNext(now time.Time, o *outlet) {
	if o.busy != 0 || len(o.queue) == 0 {
		return
	}
	o.busy, o.since = c.nextID(), now
	c.emit(machine.Write{ID: o.busy, File: o.file, Append: true, Data: o.queue[0].data})
}

// due is when something is to be done about an outlet: a write to be tried again, or people
// to be told of one that takes long.
func (o *outlet) due() (at time.Time, is bool) {
	if o.busy == 0 {
		return o.again, o.why != ""
	}
	return o.since.Add(slowWrite), o.why == ""
}

// retry does what is due.
func (c *Core) retry(now time.Time) {
	for _, o := range c.outlets {
		switch at, is := o.due(); {
		case !is || now.Before(at):
		case o.busy == 0:
			c.writeNext(now, o)
		default:
			c.waits(now, o, fmt.Sprintf("the disk has not taken it for %v", slowWrite))
		}
	}
}

// retryAt is when retry has something to do.
func (c *Core) retryAt() (at time.Time, due bool) {
	for _, o := range c.outlets {
		if next, is := o.due(); is && (!due || next.Before(at)) {
			at, due = next, true
		}
	}
	return at, due
}

// appended takes the outcome of a write to an outlet; false if it was of none.
func (c *Core) appended(now time.Time, ev machine.Written) bool {
	for _, o := range c.outlets {
		if o.busy == 0 || o.busy != ev.ID {
			continue
		}
		o.busy = 0
		if ev.Error != "" {
			o.wait = min(max(firstRetry, 2*o.wait), lastRetry)
			o.again = now.Add(o.wait)
			c.waits(now, o, "trying again: "+ev.Error)
			return true
		}
		first := o.queue[0]
		o.queue = o.queue[1:]
		waited := o.why != ""
		o.why, o.wait = "", 0
		if first.told != nil {
			first.told("")
		}
		if waited && len(o.queue) == 0 {
			c.say(now, o.file+": written, nothing waits any more")
		}
		c.writeNext(now, o)
		return true
	}
	return false
}

// waits tells why the first block waits, and all behind it.
func (c *Core) waits(now time.Time, o *outlet, why string) {
	if o.why == "" {
		c.log.add(now, said(fmt.Sprintf("%s: not written, %s", o.file, short(why))))
	}
	o.why = why
	for i := range o.queue {
		if told := o.queue[i].told; told != nil {
			o.queue[i].told = nil
			told(why)
		}
	}
}

// say prints a line and notes it in the event log.
func (c *Core) say(now time.Time, text string) {
	c.log.add(now, said(text))
	c.printf("%s\n", text)
}

// unwritten says what waits to be written, and why; empty: nothing.
func (c *Core) unwritten() string {
	var text string
	for _, o := range c.outlets {
		if o.why == "" {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("%s: %d not written yet, %s", o.file, len(o.queue), short(o.why))
	}
	return text
}

// writeAll tries everything once more, because the process ends.
func (c *Core) writeAll() {
	for _, o := range c.outlets {
		for i, e := range o.queue {
			if i == 0 && o.busy != 0 {
				continue
			}
			c.emit(machine.Write{ID: c.nextID(), File: o.file, Append: true, Data: e.data})
		}
	}
}
