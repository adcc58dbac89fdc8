package service

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// Begin starts a test case; Options.Ended is told of its end. ErrRunning if one
// is running. The protocol is asked for beside it: its time runs from now.
func (s *Service) Begin(ctx context.Context, kind testcase.Case) error {
	var refused error
	err := s.do(ctx, func(c *core) {
		if c.run != nil {
			refused = fmt.Errorf("%w: %s", ErrRunning, c.run.Case().Title())
			return
		}
		c.step(consensus.Tick{}) // what fell due before the beginning is not part of it
		now := time.Now()
		c.run = testcase.Begin(now, kind, c.state, &c.memory, c.options.Setup)
		c.asked = c.lookup()
		c.answer = c.asked
		c.log.add(now, "case", fmt.Sprintf("test case %d began: %s", kind, kind.Title()))
		c.check(now)
	})
	if err != nil {
		return err
	}
	return refused
}

// Cancel drops the running case without a result, and says which it was.
// ErrIdle if none is running.
func (s *Service) Cancel(ctx context.Context) (testcase.Case, error) {
	var kind testcase.Case
	err := s.do(ctx, func(c *core) {
		if c.run != nil {
			kind = c.run.Case()
			c.log.add(time.Now(), "case", fmt.Sprintf("test case %d cancelled", kind))
			c.run, c.asked, c.answer = nil, nil, nil
		}
	})
	if err == nil && kind == 0 {
		err = ErrIdle
	}
	return kind, err
}

// Forget drops a node that will not return: by its address, or by its name if
// only one has it. ErrUnknown otherwise.
func (s *Service) Forget(ctx context.Context, name string) (gossip.Address, error) {
	var found []gossip.Address
	err := s.do(ctx, func(c *core) {
		for i := range c.state.Len() {
			if a := c.state.At(i).Address; string(a) == name || a.Name() == name {
				found = append(found, a)
			}
		}
		if len(found) == 1 {
			c.step(consensus.Forget{Node: found[0]})
		}
	})
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", fmt.Errorf("%w %q", ErrUnknown, name)
	case len(found) > 1:
		return "", fmt.Errorf("%w %q: which of %v?", ErrUnknown, name, found)
	}
	return found[0], nil
}

// lookup is a question to the provider on its way.
type lookup struct {
	done     chan struct{} // closed when answered
	protocol Protocol
	err      error
}

// startLookup asks beside the loop; nil when there is nobody to ask.
func startLookup(ctx context.Context, g *errgroup.Group, ask func(context.Context) (Protocol, error)) *lookup {
	if ask == nil {
		return nil
	}
	l := &lookup{done: make(chan struct{})}
	g.Go(func() error {
		defer close(l.done)
		l.protocol, l.err = ask(ctx)
		return nil
	})
	return l
}

// get waits for the answer; false if there is none.
func (l *lookup) get() (Protocol, bool) {
	if l == nil {
		return Protocol{}, false
	}
	<-l.done
	return l.protocol, l.err == nil
}
