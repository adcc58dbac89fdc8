// Package relay stands between processes of one machine, so that their connections can be cut
// and their messages lost, as those of a network can be.
//
// Each process has an IP address of its own, at which it listens and from which it calls, so that
// a relay knows who calls. Others call it at the address of its relay, which hands on what comes.
// In go partitions and a share of loss; out come calls that nobody answers, as on a network
// that drops packets: nothing is refused, and what has not got through arrives when the cut
// ends, if its caller still waits.
package relay

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Process is one that is called by way of a relay.
type Process struct {
	Name   string
	Public string // HOST:PORT that others call
	Own    string // IP:PORT that it listens at; it calls from the same IP
	Node   bool   // its messages to other nodes can be lost
}

// Network is the relays of one cluster. It is safe for many goroutines.
type Network struct {
	hold  time.Duration // for so long the connection of a lost message stays
	ctx   context.Context
	end   context.CancelFunc
	tasks sync.WaitGroup

	mu      sync.Mutex
	byIP    map[netip.Addr]Process
	sides   map[string]int
	cuts    map[[2]string]bool // from, to
	loss    float64
	random  *rand.Rand
	changed chan struct{} // closed at each change
}

// New makes a network without relays. A message that is lost takes its connection with it after
// hold, if the caller has not given it up by then.
func New(hold time.Duration, seed uint64) *Network {
	ctx, end := context.WithCancel(context.Background())
	return &Network{
		hold: hold, ctx: ctx, end: end,
		byIP: map[netip.Addr]Process{}, cuts: map[[2]string]bool{}, random: rand.New(rand.NewPCG(seed, 1)), changed: make(chan struct{}),
	}
}

// Relay begins to listen for a process, until Close.
func (n *Network) Relay(p Process) error {
	own, err := netip.ParseAddrPort(p.Own)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(n.ctx, "tcp", p.Public)
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.byIP[own.Addr()] = p
	n.mu.Unlock()
	context.AfterFunc(n.ctx, func() { _ = l.Close() }) // Accept returns
	n.tasks.Go(func() {
		for {
			front, err := l.Accept()
			switch {
			case n.ctx.Err() != nil:
				return
			case err != nil: // out of descriptors, say
				pause(n.ctx, 10*time.Millisecond)
			default:
				n.tasks.Go(func() { n.carry(front, p) })
			}
		}
	})
	return nil
}

// Partition cuts processes on different sides off from each other, by their names; those that
// are on none are together. It replaces an earlier partition.
func (n *Network) Partition(sides map[string]int) {
	n.change(func() { n.sides = sides })
}

// Cut drops what one process sends to another, its answers to the other's calls too, until Mend.
func (n *Network) Cut(from, to string) {
	n.change(func() { n.cuts[[2]string{from, to}] = true })
}

// Mend ends all cuts.
func (n *Network) Mend() {
	n.change(func() { clear(n.cuts) })
}

// Lose loses this share of the messages between nodes, 0 to 1.
func (n *Network) Lose(share float64) {
	n.change(func() { n.loss = share })
}

func (n *Network) change(do func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	do()
	close(n.changed)
	n.changed = make(chan struct{})
}

// Close ends all relays and their connections. It returns when nothing of them runs any more.
func (n *Network) Close() {
	n.end()
	n.tasks.Wait()
}

// link is one connection.
type link struct {
	network  *Network
	to       Process
	front    net.Conn
	caller   netip.Addr
	answered atomic.Bool // since the last message began, so that the next bytes begin another
}

// carry hands on what comes over a connection to a process, until either side ends it.
func (n *Network) carry(front net.Conn, to Process) {
	ctx, end := context.WithCancel(n.ctx)
	defer end()
	context.AfterFunc(ctx, func() { _ = front.Close() }) // reads and writes return
	l := &link{network: n, to: to, front: front}
	if from, err := netip.ParseAddrPort(front.RemoteAddr().String()); err == nil {
		l.caller = from.Addr()
	}
	l.answered.Store(true)
	l.forward(ctx, end)
}

// forward hands on what the caller sends. The process is dialed for its first bytes: one that
// has died resets the connection then, which a caller takes for a refusal.
func (l *link) forward(ctx context.Context, end context.CancelFunc) {
	var back net.Conn
	incoming := l.read(ctx)
	for chunk := range incoming {
		lost := l.answered.Swap(false) && l.lost()
		if chunk = l.held(ctx, chunk, incoming, lost); chunk == nil {
			return
		}
		if back == nil {
			var err error
			if back, err = new(net.Dialer).DialContext(ctx, "tcp", l.to.Own); err != nil {
				if c, ok := l.front.(*net.TCPConn); ok {
					_ = c.SetLinger(0) // it is closed with a reset
				}
				return
			}
			context.AfterFunc(ctx, func() { _ = back.Close() })
			l.network.tasks.Go(func() {
				defer end()
				l.backward(ctx, back)
			})
		}
		if _, err := back.Write(chunk); err != nil {
			return
		}
	}
}

// read tells what the caller sends, until it ends the connection.
func (l *link) read(ctx context.Context) <-chan []byte {
	chunks := make(chan []byte)
	l.network.tasks.Go(func() {
		defer close(chunks)
		for {
			chunk := make([]byte, 32<<10)
			size, err := l.front.Read(chunk)
			if size > 0 {
				select {
				case chunks <- chunk[:size]:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	})
	return chunks
}

// held returns what is to be handed on, as soon as nothing is between the two; nil if the caller
// has given up by then, or if the message is lost.
func (l *link) held(ctx context.Context, chunk []byte, more <-chan []byte, lost bool) []byte {
	var over <-chan time.Time
	if lost {
		over = time.After(l.network.hold)
	}
	for {
		cut, changed := l.cut(false)
		if !cut && !lost {
			return chunk
		}
		select {
		case <-ctx.Done():
			return nil
		case <-over:
			return nil
		case <-changed:
		case next, open := <-more:
			if !open {
				return nil
			}
			chunk = append(chunk, next...)
		}
	}
}

// backward hands on what the process answers.
func (l *link) backward(ctx context.Context, back net.Conn) {
	chunk := make([]byte, 32<<10)
	for {
		size, err := back.Read(chunk)
		if size > 0 {
			l.answered.Store(true)
			for {
				cut, changed := l.cut(true)
				if !cut {
					break
				}
				select {
				case <-ctx.Done():
					return
				case <-changed:
				}
			}
			if _, err := l.front.Write(chunk[:size]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut tells whether calls, or answers, get through to the other end, and what is closed when that
// may change. Whoever is none of the processes is on every side.
func (l *link) cut(answers bool) (cut bool, changed <-chan struct{}) {
	n := l.network
	n.mu.Lock()
	defer n.mu.Unlock()
	caller, known := n.byIP[l.caller]
	way := [2]string{caller.Name, l.to.Name}
	if answers {
		slices.Reverse(way[:])
	}
	return known && (n.sides[caller.Name] != n.sides[l.to.Name] || n.cuts[way]), n.changed
}

// lost draws whether a message that begins is lost.
func (l *link) lost() bool {
	n := l.network
	n.mu.Lock()
	defer n.mu.Unlock()
	return l.to.Node && n.byIP[l.caller].Node && n.random.Float64() < n.loss
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
