package service

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// core is what the loop owns; nothing else touches it.
type core struct {
	options Options
	state   *consensus.State
	memory  testcase.Memory
	log     *eventLog

	run      *testcase.Run
	asked    *lookup // what protocol run's cluster has, until answered
	answer   *lookup // the same, kept for the result
	lookup   func() *lookup
	finished []finished // on their way to the writer
}

// step tells the consensus something, now, and looks whether the case is over.
func (c *core) step(in consensus.Input) {
	now := time.Now()
	for _, e := range c.state.Step(now, in) {
		text := e.String()
		c.log.add(e.At, e.Kind.String(), text)
		c.options.Logger.Log(context.Background(), level(e.Kind), e.Kind.String(), "node", e.Node, "event", text)
	}
	c.check(now)
}

func (c *core) check(now time.Time) {
	if c.run == nil {
		return
	}
	result, over := c.run.Check(now, c.state)
	if !over {
		return
	}
	c.log.add(now, "case", fmt.Sprintf("test case %d ended after %.1f s: victims %v", result.Case, result.Seconds, result.Victims))
	c.finished = append(c.finished, finished{result: result, protocol: c.answer})
	c.run, c.asked, c.answer = nil, nil, nil
}

// identify passes the provider's answer on to the running case.
func (c *core) identify() {
	if p, ok := c.asked.get(); ok && c.run != nil {
		c.run.Identify(p.Name, p.Bound)
		c.state.SetBound(p.Bound)
	}
	c.asked = nil
	c.check(time.Now())
}

// arm sets the timer to the next instant at which something changes by itself.
func (c *core) arm(timer *time.Timer) {
	next, ok := c.state.NextDeadline()
	if c.run != nil {
		if end, ends := c.run.Next(); ends && (!ok || end.Before(next)) {
			next, ok = end, true
		}
	}
	if ok {
		timer.Reset(time.Until(next))
	} else {
		timer.Stop()
	}
}

// admit tells whether a node may speak: a known one, or one more.
func (c *core) admit(a gossip.Address) error {
	if _, known := c.state.Node(a); known || c.state.Len() < c.options.MaxNodes {
		return nil
	}
	return fmt.Errorf("%w: %s is one more than %d", ErrFull, a, c.options.MaxNodes)
}

func level(k consensus.Kind) slog.Level {
	switch k {
	case consensus.Failed, consensus.Alive, consensus.Restarted, consensus.Joined, consensus.TakenIn, consensus.Forgotten:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}
