package process

// Vitals is a node in numbers.
type Vitals struct {
	Protocol   string // empty until the provider has let the node in
	Known      int    // others that it knows
	Suspected  int    // of those
	Generation int32
	Heartbeat  int32
	Messages   int32 // the original's count
	Sent       int64 // bytes to peers, as of the last call that ended
	Calls      int   // to peers, under way
	// MonitorAway and ProviderAway tell that the last call to them had no answer.
	MonitorAway, ProviderAway bool
}

// Vitals counts as of the last step.
func (p *Process) Vitals() Vitals {
	v := Vitals{Sent: p.sent, Calls: p.sending, MonitorAway: p.reports.away, ProviderAway: p.provider.away}
	if p.node == nil {
		return v
	}
	v.Protocol, v.Known, v.Messages = p.node.Protocol().Name, p.node.Known(), p.node.Messages()
	v.Generation, v.Heartbeat = p.node.Version()
	for e := range p.node.Endpoints() {
		if e.Suspected {
			v.Suspected++
		}
	}
	return v
}
