package consensus

import "time"

// A node's counters rise no faster than these a second, whatever it reports: one message
// with each of as many nodes as a monitor takes, and what a gigabit network carries. Real
// nodes stay far below.
const (
	maxMessageRate = 4096
	maxByteRate    = 128 << 20
)

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
// node's registering again has already begun it. If it registered again and that was no
// news yet, its former life's opinions go with this.
func (s *State) restarted(n *node, why string) {
	if n.repeated {
		s.incarnate(n, "registered again, "+why)
		s.enroll(n)
	} else if !n.unconfirmed {
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
		n.unconfirmed, n.repeated = false, false // it registered again without a restart
	}
	if ok {
		n.own = version{known: true, generation: own.Generation, heartbeat: own.Heartbeat}
	}
	s.totals.Messages += n.messages.growth(int64(in.Messages), n.life, s.now, maxMessageRate)
	n.statesHash = hashStates(in.Map)
	s.views.update(n)
}

func (s *State) traffic(n *node, bytes int64) {
	n.trafficReported = true
	life := n.life
	if (n.unconfirmed || n.repeated) && bytes < n.bytes.last {
		life++ // the restart that its state map is about to confirm
	}
	s.totals.Bytes += n.bytes.growth(bytes, life, s.now, maxByteRate)
}

// counter follows a number that a node counts up from 0 in each life.
type counter struct {
	known bool // false until the first value of a node that was taken in midway
	life  int
	last  int64
	at    time.Time // when that came
	saved int64     // growth that the time until then could have explained, and was not counted
}

// growth is how much was counted since the last value, as far as the time since then
// explains it at so much a second. What is left over of that is saved, up to one second's:
// two values may arrive closer together than they were sent. The first value of a node
// that was taken in midway says nothing of when it was counted.
func (c *counter) growth(v int64, life int, now time.Time, rate int64) int64 {
	from, most := int64(0), rate
	switch {
	case !c.known:
		from = v
	case c.life == life && v >= c.last:
		from = c.last
	}
	if c.known {
		most = c.saved + int64(now.Sub(c.at).Seconds()*float64(rate))
	}
	grown := min(v-from, most)
	*c = counter{known: true, life: life, last: v, at: now, saved: min(most-grown, rate)}
	return grown
}
