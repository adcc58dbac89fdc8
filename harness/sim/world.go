package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// Config is what a world begins with. Start from [DefaultConfig].
type Config struct {
	protocol.Parameters
	Nodes   int
	Seed    uint64
	Peers   Network // between nodes
	Servers Network // between nodes, monitor and provider

	// Spread is the time over which the nodes start, evenly with some chance, in
	// the order of their numbers. Rounds that are not aligned get their phases
	// from it.
	Spread time.Duration
	// Joined starts nodes that know each other and have shaken hands, so that a
	// large cluster can be measured without its joining. They are all up at once,
	// and begin to gossip over Spread.
	Joined bool
	// Lean sends the monitor of each state map the sender's own state only. It
	// keeps them all, which takes 80 bytes for each pair of nodes; without them it
	// cannot tell when all views are identical. Joined nodes start over a second then,
	// so that they do not all hold the states of all at once.
	Lean bool
	// Epoch is the wall time of the beginning; zero: drawn from the seed, so that
	// runs begin in different rounds of the protocols' cycles.
	Epoch time.Time
	// Setup of one node's machine before it starts; nil: all clocks right, no
	// node slow.
	Machine func(node int) Machine
	// Labels are what the monitor's results say of the run.
	Labels map[string]string
	// Wrap puts something between each machine and the world, such as a flight
	// recorder; nil: nothing.
	Wrap func(Life, machine.Machine) machine.Machine
}

// Machine is the computer that a node runs on.
type Machine struct {
	Offset time.Duration // of its wall clock
	PPM    int64         // how much faster its clocks run, millionths, -100000 to 100000
	Work   time.Duration // that it takes for each event: a slow node
	Names  time.Duration // that it takes to look a name up, before each new connection

	Seed gossip.Address // that the node is told of; empty: node1, and for that node2
}

// DefaultConfig is 8 nodes at the original's pace on a quiet network.
func DefaultConfig(s protocol.Spec) Config {
	n := Network{Delay: DefaultDelay()}
	p := protocol.DefaultParameters(s)
	return Config{Parameters: p, Nodes: 8, Seed: 1, Peers: n, Servers: n, Spread: p.Timing.Gossip}
}

// Validate names the first field that cannot work.
func (c Config) Validate() error {
	switch {
	case c.Nodes < 1:
		return fmt.Errorf("nodes %d: want 1 or more", c.Nodes)
	case c.Spread < 0:
		return fmt.Errorf("spread %v: want 0 or more", c.Spread)
	}
	for _, n := range []Network{c.Peers, c.Servers} {
		if n.Loss < 0 || n.Loss > 1 || n.Duplicate < 0 || n.Duplicate > 1 || n.Reorder < 0 || n.Reorder > 1 || n.Late < 0 {
			return fmt.Errorf("network %+v: want shares from 0 to 1 and no negative time", n)
		}
		if err := n.Delay.validate(); err != nil {
			return err
		}
	}
	return c.Parameters.Validate()
}

// World is a cluster in virtual time. It belongs to one goroutine. Processes are
// named as package harness names them; an unknown name panics.
type World struct {
	config  Config
	epoch   int64
	now     int64
	queue   queue
	random  *rand.Rand // of the network
	draws   *rand.Rand // of the rest: when processes start, races
	peers   Network
	servers Network
	cuts    map[link]bool

	hosts     []*host // monitor, provider, node1 ...
	named     map[string]*host
	addressed map[gossip.Address]*host
	monitor   *host
	provider  *host
	hooks     []Hooks
	known     *known // of a world that begins joined
	events    uint64
}

// leanStart is the time over which nodes that know each other start in a lean world. Each has
// the states of all others to report as it starts, until the monitor has let it in.
const leanStart = time.Second

// New makes a world at its beginning: nothing has happened, and all processes
// start as its time runs.
func New(c Config) (*World, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("simulation: %w", err)
	}
	w := &World{
		config: c, random: rand.New(rand.NewPCG(c.Seed, 1)), draws: rand.New(rand.NewPCG(c.Seed, 2)),
		peers: c.Peers, servers: c.Servers, cuts: map[link]bool{},
		named: map[string]*host{}, addressed: map[gossip.Address]*host{},
	}
	w.epoch = c.Epoch.UnixNano()
	if c.Epoch.IsZero() {
		w.epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(w.draws.Int64N(int64(24 * time.Hour)))).UnixNano()
	}
	w.monitor = w.add(harness.Monitor, aMonitor, monitorAddress, Machine{})
	w.provider = w.add(harness.Provider, aProvider, providerAddress, Machine{})
	for i := range c.Nodes {
		h := w.addNode(i + 1)
		share := (float64(i) + w.draws.Float64()) / float64(c.Nodes)
		h.begins = int64(share * float64(c.Spread))
		at := h.begins
		switch {
		case c.Joined && c.Lean:
			at = int64(share * float64(leanStart))
			h.begins += int64(leanStart)
		case c.Joined:
			at = 0 // up before anybody gossips to it
		}
		w.queue.push(event{at: at, kind: actionDue, do: func() { w.start(h) }})
	}
	w.start(w.monitor)
	w.start(w.provider)
	if c.Joined {
		w.acquaint()
	}
	return w, nil
}

func (w *World) add(name string, kind hostKind, a gossip.Address, m Machine) *host {
	h := &host{
		id: len(w.hosts), name: name, kind: kind, address: a, work: int64(m.Work),
		clock: clock{epoch: w.epoch, offset: int64(m.Offset), ppm: m.PPM},
		files: map[string][]byte{},
	}
	w.hosts = append(w.hosts, h)
	w.named[name] = h
	w.addressed[a] = h
	return h
}

func (w *World) addNode(number int) *host {
	m := Machine{}
	if w.config.Machine != nil {
		m = w.config.Machine(number)
	}
	name := fmt.Sprintf("node%d", number)
	h := w.add(name, aNode, gossip.Address(fmt.Sprintf("%s:%d", name, gossip.DefaultPort)), m)
	seed := "node1"
	if number == 1 {
		seed = "node2"
	}
	h.seed = cmp.Or(m.Seed, gossip.Address(fmt.Sprintf("%s:%d", seed, gossip.DefaultPort)))
	h.names = m.Names
	return h
}

func (w *World) host(name string) *host {
	h := w.named[name]
	if h == nil {
		panic(fmt.Sprintf("simulation: no process %q", name))
	}
	return h
}

// Elapsed is the virtual time since the beginning.
func (w *World) Elapsed() time.Duration { return time.Duration(w.now) }

// Now is the true time: the wall time that a right clock shows.
func (w *World) Now() time.Time { return clock{epoch: w.epoch}.read(w.now) }

// Events is how many events have been handled: the cost of a run that no machine
// changes.
func (w *World) Events() uint64 { return w.events }

// Config is what the world began with.
func (w *World) Config() Config { return w.config }

// At calls do when the time has come; at once if it has passed.
func (w *World) At(t time.Duration, do func()) {
	w.queue.push(event{at: max(int64(t), w.now), kind: actionDue, do: do})
}

// Run lets d pass.
func (w *World) Run(d time.Duration) { w.RunUntil(func() bool { return false }, d) }

// RunUntil lets time pass until done says so after an event, at most d. It
// reports whether done did.
func (w *World) RunUntil(done func() bool, d time.Duration) bool {
	end := w.now + int64(d)
	for len(w.queue.heap) > 0 && w.queue.heap[0].at <= end {
		e := w.queue.pop()
		w.now = e.at
		w.handle(e)
		if done() {
			return true
		}
	}
	w.now = end
	return false
}

func (w *World) handle(e event) {
	w.events++
	switch e.kind {
	case tickDue:
		w.tick(e)
	case callComes:
		w.comes(e.call)
	case callEnds:
		w.ends(e)
	case workDone:
		if e.life == e.host.life {
			w.drain(e.host)
		}
	case actionDue:
		e.do()
	}
	for i := range w.hooks {
		if w.hooks[i].After != nil {
			w.hooks[i].After()
		}
	}
}
