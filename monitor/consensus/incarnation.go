package consensus

// version is what a node last said of itself in this life.
type version struct {
	known                 bool
	generation, heartbeat int32
}

// incarnate begins a new incarnation: one life of a node, as far as the
// monitor can tell.
func (s *State) incarnate(n *node, why string) {
	n.incarnation++
	n.since = s.now
	s.emit(Event{Kind: Restarted, Node: n.address, Incarnation: n.incarnation, Why: why})
}

// restarted notes a certain sign of a restart: a new incarnation, unless the
// node's registering again has already begun it.
func (s *State) restarted(n *node, why string) {
	if !n.unconfirmed {
		s.incarnate(n, why)
	}
	n.unconfirmed = false
	n.life++
	n.own = version{}
}

func (s *State) receive(n *node, in States) {
	n.states = in.Map
	own, ok := in.Map.Get(n.address)
	switch {
	case ok && n.own.known && own.Generation > n.own.generation:
		s.restarted(n, "its generation rose")
	case ok && n.own.known && own.Heartbeat < n.own.heartbeat:
		s.restarted(n, "its heartbeat counter fell")
	case n.messages.known && n.messages.life == n.life && int64(in.Messages) < n.messages.last:
		s.restarted(n, "its message counter fell")
	case ok && n.own.known:
		n.unconfirmed = false // it registered again without a restart
	}
	if ok {
		n.own = version{known: true, generation: own.Generation, heartbeat: own.Heartbeat}
	}
	s.totals.Messages += n.messages.growth(int64(in.Messages), n.life)
	n.statesHash = hashStates(in.Map)
	s.views.update(n)
}

func (s *State) traffic(n *node, bytes int64) {
	n.trafficReported = true
	life := n.life
	if n.unconfirmed && n.bytes.known && bytes < n.bytes.last {
		life++ // the restart that its state map is about to confirm
	}
	s.totals.Bytes += n.bytes.growth(bytes, life)
}

// counter follows a number that a node counts up from 0 in each life.
type counter struct {
	known bool // false until the first value of a node that was taken in midway
	life  int
	last  int64
}

// growth is how much was counted since the last value. The first value of a
// node that was taken in midway says nothing of when it was counted.
func (c *counter) growth(v int64, life int) int64 {
	from := int64(0)
	switch {
	case !c.known:
		from = v
	case c.life == life && v >= c.last:
		from = c.last
	}
	*c = counter{known: true, life: life, last: v}
	return v - from
}
