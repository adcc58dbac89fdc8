package process

import (
	"slices"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// outbox is how the node's reports reach the monitor without ever holding up
// gossip: it keeps the latest of each report and makes one call at a time. While
// the monitor is away the latest wins; on its return the node registers again if
// it was forgotten.
type outbox struct {
	queue   reports // not begun yet
	sending reports // of the flush under way
	step    step
	retryAt time.Time // after a failure; zero: not due
	waits   machine.Waits

	introduced bool // registered at least once in this life
	registered bool // as far as is known, the monitor knows the node
	traffic    bool // the flush still owes the bytes sent
	noTraffic  bool // the monitor has no such report
	apart      bool // the monitor has refused to take all of the flush in one call
	away       bool

	// A monitor that refuses a vector is sent the names that it knows: an
	// original refuses a vector with any other.
	choosy bool
	known  []gossip.Address // by its last mapping
}

// reports are the latest values not sent yet.
type reports struct {
	heartbeat bool
	states    *protocol.ReportStates
	vector    *protocol.ReportVector
}

func (r reports) empty() bool { return !r.heartbeat && r.states == nil && r.vector == nil }

// step is the call of a flush that is under way.
type step uint8

const (
	idle step = iota
	asking
	registering
	beating
	reporting // all at once
	suspecting
	stating
	counting
)

// large tells whether all that is to be reported goes in one call: originals report each thing by
// itself, and so do nodes of small clusters.
func (r reports) large() bool {
	return r.vector != nil && len(r.vector.Vector) > gossip.MaxPlain || r.states != nil && len(r.states.States) > gossip.MaxPlain
}

// report takes what the protocol reports into the outbox.
func (p *Process) report(e protocol.Effect) {
	q := &p.reports.queue
	switch e := e.(type) {
	case protocol.ReportHeartbeat:
		q.heartbeat = true
	case protocol.ReportStates:
		q.states = &e
	case protocol.ReportVector:
		q.vector = &e
	}
	if !p.node.Crowded() { // else what comes of the same event goes in one call
		p.flush()
	}
}

// flush begins to send what there is, unless a flush is under way or has to wait.
// A node that has just started registers, whatever there is.
func (p *Process) flush() {
	o := &p.reports
	if o.step != idle || !o.retryAt.IsZero() || o.queue.empty() && o.registered {
		return
	}
	o.sending, o.queue = o.queue, reports{}
	p.flushOn()
}

// flushOn makes the next call of a flush.
func (p *Process) flushOn() {
	o, self := &p.reports, p.config.Self
	switch {
	case !o.registered && o.introduced:
		// To register again would begin a new incarnation: ask first.
		p.tell(asking, machine.Mapping{})
	case !o.registered:
		p.tell(registering, machine.Register{Node: self})
	case o.sending.heartbeat && o.sending.large() && !o.apart:
		p.tell(reporting, p.together())
	case o.sending.heartbeat:
		p.tell(beating, machine.Heartbeat{Node: self})
	case o.sending.vector != nil:
		v := o.sending.vector
		p.tell(suspecting, machine.Suspects{Node: self, Vector: o.allowed(v.Vector), Generation: v.Generation})
	case o.sending.states != nil:
		s := o.sending.states
		p.tell(stating, machine.States{Node: self, Map: s.States, Messages: s.Count})
	case o.traffic && !o.noTraffic:
		p.tell(counting, machine.Traffic{Node: self, Bytes: p.sent})
	default:
		o.step, o.traffic, o.apart = idle, false, false
		o.waits.Reset()
		p.noticeMonitor(nil)
		p.flush()
	}
}

// together is all that is being sent, as one report.
func (p *Process) together() machine.Report {
	self := p.config.Self
	r := machine.Report{Node: self}
	if v := p.reports.sending.vector; v != nil {
		r.Suspects = &machine.Suspects{Node: self, Vector: v.Vector, Generation: v.Generation}
	}
	if s := p.reports.sending.states; s != nil {
		r.States = &machine.States{Node: self, Map: s.States, Messages: s.Count}
		r.Traffic = &machine.Traffic{Node: self, Bytes: p.sent}
	}
	return r
}

func (p *Process) tell(s step, r machine.Request) {
	p.reports.step = s
	p.call(toMonitor, p.config.Monitor, r)
}

// reported is the outcome of a call to the monitor.
func (p *Process) reported(e machine.Ended) {
	o := &p.reports
	done := o.step
	if !p.provider.asked { // registering is over, whatever came of it: see start
		p.join()
	}
	switch {
	case e.Error == nil:
		o.answered(done, p.config.Self, e.Answer)
	case e.Error.Fault && done >= beating:
		p.faulted(done, e.Error.Text)
	default:
		o.putBack()
		o.step, o.choosy, o.apart = idle, false, false
		o.registered = false // it may have been restarted: ask before the next report
		o.retryAt = p.now.Add(o.waits.Next(p.jitter))
		p.noticeMonitor(e.Error)
		return
	}
	p.flushOn()
}

func (o *outbox) answered(done step, self gossip.Address, a machine.Answer) {
	switch done {
	case asking:
		o.known = a.Addresses
		o.registered = slices.Contains(a.Addresses, self)
		o.introduced = o.registered // else register
	case registering:
		o.introduced, o.registered, o.noTraffic = true, true, false
		o.known = append(o.known, self)
	default:
		o.through(done)
	}
}

// through forgets what need not be sent any more.
func (o *outbox) through(done step) {
	switch done {
	case beating:
		o.sending.heartbeat = false
	case reporting:
		o.sending, o.choosy, o.known = reports{}, false, nil
	case suspecting:
		o.sending.vector, o.choosy, o.known = nil, false, nil
	case stating:
		o.sending.states, o.traffic = nil, true
	case counting:
		o.traffic = false
	}
}

// faulted settles the monitor's refusal of a report. It may have forgotten the
// node, which it is asked about before anything else is sent; a vector is tried
// once more with the names that the monitor knows.
func (p *Process) faulted(done step, text string) {
	o, self := &p.reports, p.config.Self
	switch {
	case done == reporting: // an original, or it refuses a part: which one shows apart
		o.apart = true
		return
	case done == counting: // an original: it is asked once a registration
		o.noTraffic = true
		o.through(done)
		return
	case o.choosy: // the part of a vector, too
		p.log(machine.Warn, "the monitor refuses the vector", field("node", self), field("fault", text))
		o.through(done)
		return
	case done == suspecting:
		p.log(machine.Info, "the monitor refused a vector", field("node", self), field("fault", text))
		o.choosy = true
	default:
		p.log(machine.Info, "the monitor refused a report", field("node", self), field("fault", text))
		o.through(done)
	}
	o.registered = false
}

// allowed is what of a vector the monitor takes.
func (o *outbox) allowed(v gossip.FaultVector) gossip.FaultVector {
	if !o.choosy {
		return v
	}
	known := make(map[gossip.Address]bool, len(o.known))
	for _, a := range o.known {
		known[a] = true
	}
	return slices.DeleteFunc(slices.Clone(v), func(s gossip.Suspicion) bool { return !known[s.Address] })
}

// putBack keeps what could not be sent, unless there is something newer.
func (o *outbox) putBack() {
	o.queue.heartbeat = o.queue.heartbeat || o.sending.heartbeat
	if o.queue.states == nil {
		o.queue.states = o.sending.states
	}
	if o.queue.vector == nil {
		o.queue.vector = o.sending.vector
	}
	o.sending, o.traffic = reports{}, false
}

// noticeMonitor says once that the monitor is away, and once that it is back.
func (p *Process) noticeMonitor(err *machine.CallError) {
	switch was := p.reports.away; {
	case err != nil && !was:
		p.log(machine.Warn, "the monitor does not answer, trying again",
			field("node", p.config.Self), field("monitor", p.config.Monitor), field("err", err.Text))
	case err == nil && was:
		p.log(machine.Warn, "the monitor answers again",
			field("node", p.config.Self), field("monitor", p.config.Monitor))
	}
	p.reports.away = err != nil
}
