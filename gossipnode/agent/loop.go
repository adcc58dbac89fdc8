package agent

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/wire"
)

// loop is the one goroutine that owns the state machine.
type loop struct {
	agent *Agent
	node  *protocol.Node
	calls sync.WaitGroup
	sends atomic.Int32
}

func (l *loop) run(ctx context.Context) error {
	l.step(ctx, protocol.Tick{})
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(time.Until(l.node.Deadline()))
		select {
		case <-ctx.Done():
			return nil
		case ev := <-l.agent.inbox:
			l.step(ctx, ev)
		case ask := <-l.agent.questions:
			ask(l.node)
		case <-timer.C:
			l.step(ctx, protocol.Tick{})
		}
	}
}

// step applies one event and starts what follows from it. A send that cannot
// even be started fails at once, which is an event of its own.
func (l *loop) step(ctx context.Context, ev protocol.Event) {
	pending := []protocol.Event{ev}
	for len(pending) > 0 {
		ev, pending = pending[0], pending[1:]
		for _, effect := range l.node.Step(time.Now(), ev) {
			if refused := l.apply(ctx, effect); refused != nil {
				pending = append(pending, refused)
			}
		}
	}
}

func (l *loop) apply(ctx context.Context, effect protocol.Effect) protocol.Event {
	a := l.agent
	switch e := effect.(type) {
	case protocol.Send:
		if l.sends.Load() >= maxSends {
			a.log.Warn("too many calls under way, one is dropped", "node", a.config.Self, "peer", e.To)
			return protocol.Failed{ID: e.ID}
		}
		l.sends.Add(1)
		l.calls.Go(func() {
			defer l.sends.Add(-1)
			a.post(ctx, l.send(ctx, e))
		})
	case protocol.ReportHeartbeat:
		a.reports.heartbeat()
	case protocol.ReportStates:
		a.reports.states(e)
	case protocol.ReportVector:
		a.reports.vector(e)
	case protocol.FetchMembers:
		l.calls.Go(func() {
			if list, ok := a.provider.members(ctx); ok {
				a.post(ctx, protocol.Members{List: list})
			}
		})
	case protocol.Rejoin:
		l.calls.Go(func() { a.provider.rejoin(ctx) })
	case protocol.OpinionChanged:
		a.log.Info("opinion changed", "node", a.config.Self, "peer", e.Peer, "suspected", e.Suspected, "reason", e.Reason)
	case protocol.SteppedOver:
		a.log.Info("stepped over an earlier incarnation", "node", a.config.Self, "generation", e.Generation, "heartbeat", e.Heartbeat)
	case protocol.Full:
		a.log.Warn("too many names, the node learns of no more", "node", a.config.Self, "known", e.Known)
	case protocol.PaceMismatch:
		a.log.Warn("a peer's heartbeats show another interval", "node", a.config.Self, "peer", e.Peer,
			"observed", e.Observed.Round(time.Millisecond), "own", a.config.Timing.Heartbeat)
	}
	return nil
}

func (l *loop) send(ctx context.Context, e protocol.Send) protocol.Event {
	a := l.agent
	if err := wire.SendMessage(ctx, a.peers, a.config.Self, e.To, e.Message); err != nil {
		a.log.Info("peer not reached", "node", a.config.Self, "peer", e.To, "message", e.Message.Kind(), "err", err)
		return protocol.Failed{ID: e.ID}
	}
	return protocol.Delivered{ID: e.ID}
}
