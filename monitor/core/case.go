package core

import (
	"errors"
	"fmt"
	"time"

	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// running is the test case at work.
type running struct {
	*testcase.Run
	lookup  *lookup   // of its cluster's protocol
	tellAt  time.Time // when to look again what it waits for
	waiting string    // what was last told of that
}

// progressInterval is how often it is looked what a running case waits for. It
// is told when that has changed.
const progressInterval = time.Second

// begin starts a test case. The protocol is asked for beside it: its time runs
// from now.
func (c *Core) begin(now time.Time, kind testcase.Case) error {
	if c.running != nil {
		return fmt.Errorf("a test case is running: %s; wait for its end, or cancel it", c.running.Case().Title())
	}
	c.conclude(now, consensus.Tick{}) // what fell due before the beginning is not part of it
	c.running = &running{
		Run:    testcase.Begin(now, kind, c.state, &c.memory, c.setup),
		tellAt: now.Add(progressInterval),
	}
	c.log.add(now, said(fmt.Sprintf("test case %d began: %s", kind, kind.Title())))
	c.printf("%s: running (status, cancel)\n", kind.Title())
	c.running.lookup = c.ask()
	c.check(now)
	return nil
}

// cancel drops the running case without a result.
func (c *Core) cancel(now time.Time) error {
	if c.running == nil {
		return errors.New("no test case is running")
	}
	kind := c.running.Case()
	c.log.add(now, said(fmt.Sprintf("test case %d cancelled", kind)))
	c.running = nil
	c.printf("%s: cancelled\n", kind.Title())
	return nil
}

// check looks whether the running case is over.
func (c *Core) check(now time.Time) {
	if c.running == nil {
		return
	}
	result, over := c.running.Check(now, c.state)
	if !over {
		return
	}
	text := "test case %d ended after %.1f s: victims [%s]"
	c.log.add(now, said(fmt.Sprintf(text, result.Case, result.Seconds, few(result.Victims))))
	for _, o := range c.watchers {
		if o.Result != nil {
			o.Result(result)
		}
	}
	c.ended = append(c.ended, &ended{result: result, lookup: c.running.lookup})
	c.telling++
	c.running = nil
	c.writeResults(now)
}

// progress says what the running case waits for, when that has changed.
func (c *Core) progress(now time.Time) {
	r := c.running
	if r == nil || now.Before(r.tellAt) {
		return
	}
	r.tellAt = now.Add(progressInterval)
	if text := short(r.Waiting(c.state)); text != r.waiting {
		r.waiting = text
		c.printf("waiting: %s\n", text)
	}
}
