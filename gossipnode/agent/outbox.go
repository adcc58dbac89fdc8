package agent

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// outbox sends the node's reports to the monitor without ever holding up gossip
// (DESIGN.md, decision 11): it keeps the latest value of each report, and one
// goroutine sends them over a kept connection. While the monitor is away the
// latest wins; on its return the node registers again if it was forgotten.
type outbox struct {
	monitor   wire.Monitor
	self      gossip.Address
	log       *slog.Logger
	retry     time.Duration
	bytesSent func() int64 // to peers

	mu    sync.Mutex
	queue reports
	wake  chan struct{}

	// Used by the sending goroutine alone.
	introduced bool // registered at least once in this life
	registered bool // as far as is known, the monitor knows the node
	noTraffic  bool // the monitor has no reportTraffic
	away       bool
}

// reports are the latest values not sent yet.
type reports struct {
	heartbeat bool
	states    *protocol.ReportStates
	vector    *protocol.ReportVector
}

func newOutbox(m wire.Monitor, c Config, bytesSent func() int64) *outbox {
	return &outbox{
		monitor: m, self: c.Self, log: c.Logger, retry: c.Timing.Heartbeat, bytesSent: bytesSent,
		wake: make(chan struct{}, 1),
	}
}

func (o *outbox) heartbeat() { o.put(func(r *reports) { r.heartbeat = true }) }

func (o *outbox) states(s protocol.ReportStates) { o.put(func(r *reports) { r.states = &s }) }

func (o *outbox) vector(v protocol.ReportVector) { o.put(func(r *reports) { r.vector = &v }) }

func (o *outbox) put(change func(*reports)) {
	o.mu.Lock()
	change(&o.queue)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) take() reports {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.queue
	o.queue = reports{}
	return r
}

// putBack keeps what could not be sent, unless there is something newer.
func (o *outbox) putBack(r reports) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue.heartbeat = o.queue.heartbeat || r.heartbeat
	if o.queue.states == nil {
		o.queue.states = r.states
	}
	if o.queue.vector == nil {
		o.queue.vector = r.vector
	}
}

func (o *outbox) run(ctx context.Context) error {
	waits := growing(o.retry)
	for {
		left, err := o.flush(ctx, o.take())
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is the end of the outbox, not its failure
		}
		o.noticed(err)
		if err == nil {
			waits.Reset()
			select {
			case <-ctx.Done():
				return nil
			case <-o.wake:
			}
			continue
		}
		o.putBack(left)
		o.registered = false // it may have been restarted: ask before the next report
		if !wait(ctx, waits.NextBackOff()) {
			return nil
		}
	}
}

// flush sends r and returns what is left of it after an error. A fault is the
// monitor's word that it knows a name no longer; it is settled here.
func (o *outbox) flush(ctx context.Context, r reports) (reports, error) {
	if err := o.ensureRegistered(ctx); err != nil {
		return r, err
	}
	if r.heartbeat {
		if err := o.settle(ctx, o.monitor.Heartbeat(ctx, o.self)); err != nil {
			return r, err
		}
		r.heartbeat = false
	}
	if r.vector != nil {
		if err := o.sendVector(ctx, *r.vector); err != nil {
			return r, err
		}
		r.vector = nil
	}
	if r.states != nil {
		if err := o.settle(ctx, o.monitor.SendStates(ctx, o.self, r.states.States, int(r.states.Count))); err != nil {
			return r, err
		}
		r.states = nil
		return r, o.sendTraffic(ctx)
	}
	return r, nil
}

// ensureRegistered asks whether the monitor still knows the node before it
// registers again, which would begin a new incarnation. At the start of the
// process that is just what has begun.
func (o *outbox) ensureRegistered(ctx context.Context) error {
	if o.registered {
		return nil
	}
	if o.introduced {
		known, err := o.known(ctx)
		if err != nil {
			return err
		}
		if known[o.self] {
			o.registered = true
			return nil
		}
	}
	return o.register(ctx)
}

func (o *outbox) register(ctx context.Context) error {
	if err := o.monitor.Register(ctx, o.self); err != nil {
		return err
	}
	o.introduced, o.registered, o.noTraffic = true, true, false
	return nil
}

func (o *outbox) known(ctx context.Context) (map[gossip.Address]bool, error) {
	mapping, err := o.monitor.Mapping(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[gossip.Address]bool, len(mapping))
	for a := range mapping {
		known[a] = true
	}
	return known, nil
}

// settle takes a fault as a sign that the monitor may have forgotten the node.
func (o *outbox) settle(ctx context.Context, err error) error {
	var fault *xmlrpc.Fault
	if !errors.As(err, &fault) {
		return err
	}
	o.log.Info("the monitor refused a report", "node", o.self, "fault", fault.Text)
	known, err := o.known(ctx)
	if err != nil || known[o.self] {
		return err
	}
	return o.register(ctx)
}

// sendTraffic tells a monitor that has the extension how many bytes the node has
// sent to peers. An original monitor has not: it is asked once a registration.
func (o *outbox) sendTraffic(ctx context.Context) error {
	if o.noTraffic {
		return nil
	}
	err := o.monitor.ReportTraffic(ctx, o.self, o.bytesSent())
	var fault *xmlrpc.Fault
	if errors.As(err, &fault) {
		o.noTraffic = true
		return nil
	}
	return err
}

// sendVector sends a vector, and after a fault once more with only the names
// that the monitor knows: an original monitor refuses a vector with any other.
func (o *outbox) sendVector(ctx context.Context, v protocol.ReportVector) error {
	err := o.monitor.UpdateSuspects(ctx, o.self, v.Vector, v.Generation)
	var fault *xmlrpc.Fault
	if !errors.As(err, &fault) {
		return err
	}
	o.log.Info("the monitor refused a vector", "node", o.self, "fault", fault.Text)
	known, err := o.known(ctx)
	if err != nil {
		return err
	}
	if !known[o.self] {
		if err := o.register(ctx); err != nil {
			return err
		}
		known[o.self] = true
	}
	var cells []gossip.Suspicion
	for _, s := range v.Vector {
		if known[s.Address] {
			cells = append(cells, s)
		}
	}
	err = o.monitor.UpdateSuspects(ctx, o.self, gossip.NewFaultVector(cells), v.Generation)
	if errors.As(err, &fault) {
		o.log.Warn("the monitor refuses the vector", "node", o.self, "fault", fault.Text)
		return nil
	}
	return err
}

// noticed says once that the monitor is away, and once that it is back.
func (o *outbox) noticed(err error) {
	switch was := o.away; {
	case err != nil && !was:
		o.log.Warn("the monitor does not answer, trying again", "node", o.self, "monitor", o.monitor.HostPort, "err", err)
	case err == nil && was:
		o.log.Warn("the monitor answers again", "node", o.self, "monitor", o.monitor.HostPort)
	}
	o.away = err != nil
}

// wait returns false when ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	if d == backoff.Stop {
		d = time.Second
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
