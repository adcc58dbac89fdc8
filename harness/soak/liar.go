package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/local"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// liarHost is the address that the liar calls from: of this machine too, but not that of
// the cluster's processes.
const liarHost = "127.0.0.2"

// liarPause is the time between two of its lies, at most: half of it is usual.
const liarPause = 400 * time.Millisecond

// told counts what became of a lie.
type told struct {
	name                       string
	forged                     bool
	tries, refused, unanswered int
	believed                   int // forgeries only
}

// liar calls the processes of a cluster for as long as it runs.
type liar struct {
	of     local.Processes
	nodes  []string
	random *rand.Rand
	dialer *net.Dialer
	client *xmlrpc.Client
	http   *http.Client
	ears   net.Listener // takes calls and never answers

	hugeStatus, manyValues, hugeMethod document

	mu    sync.Mutex
	tally map[string]*told
}

func newLiar(seed uint64, of local.Processes, nodes []string) (*liar, error) {
	l := &liar{
		of: of, nodes: nodes, random: rand.New(rand.NewPCG(seed, 0x11a4)), tally: map[string]*told{},
		dialer: &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(liarHost)}},
	}
	options := xmlrpc.DefaultClientOptions()
	options.Dial = l.dialer.DialContext
	var err error
	if l.client, err = xmlrpc.NewClient(options); err != nil {
		return nil, err
	}
	l.http = &http.Client{Transport: &http.Transport{DialContext: l.dialer.DialContext, DisableKeepAlives: true}}
	if l.ears, err = net.Listen("tcp", liarHost+":0"); err != nil { //nolint:noctx // at once
		return nil, fmt.Errorf("the liar's address: %w", err)
	}
	for _, what := range lies {
		l.tally[what.name] = &told{name: what.name, forged: what.forged}
	}
	return l, l.prepare()
}

// silent is the name of a host that takes calls and never answers.
func (l *liar) silent() gossip.Address { return gossip.Address(l.ears.Addr().String()) }

// run lies until ctx ends, and returns when all that it began has ended.
func (l *liar) run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	defer l.client.Close()
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		l.listen()
	}()
	defer func() {
		_ = l.ears.Close() // which ends listen
		<-listened
	}()
	for ctx.Err() == nil {
		what := lies[l.random.IntN(len(lies))]
		to := l.whom(what.to)
		// Within a limit, since some wait for an answer that a paused process owes them.
		bounded, cancel := context.WithTimeout(ctx, holdFor+time.Second)
		err := what.say(bounded, l, to)
		cancel()
		l.count(what, err)
		select {
		case <-ctx.Done():
		case <-time.After(l.pause()):
		}
	}
}

func (l *liar) pause() time.Duration { return time.Duration(l.random.Int64N(int64(liarPause))) }

func (l *liar) whom(to string) string {
	switch node := l.nodes[l.random.IntN(len(l.nodes))]; to {
	case anyNode:
		return node
	case "":
		return []string{node, harness.Monitor, harness.Provider}[l.random.IntN(3)]
	}
	return to
}

// count notes what became of a lie. A forgery is believed if it was answered with
// anything but a fault.
func (l *liar) count(what lie, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tally[what.name]
	t.tries++
	switch {
	case errors.As(err, new(*xmlrpc.Fault)):
		t.refused++
	case err != nil:
		t.unanswered++
	case what.forged:
		t.believed++
	}
}

// counts is what became of all lies so far.
func (l *liar) counts() []told {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []told
	for _, what := range lies {
		all = append(all, *l.tally[what.name])
	}
	return all
}

// listen takes calls and holds them, the last few at a time.
func (l *liar) listen() {
	var held []net.Conn
	defer func() {
		for _, c := range held {
			_ = c.Close() // nothing is owed to it
		}
	}()
	for {
		c, err := l.ears.Accept()
		if err != nil {
			return
		}
		if held = append(held, c); len(held) > 64 {
			_ = held[0].Close() // the same
			held = held[1:]
		}
	}
}
