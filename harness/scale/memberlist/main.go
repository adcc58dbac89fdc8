// Command memberlist runs nodes of hashicorp/memberlist with its LAN defaults in one process,
// kills one, and prints as JSON how long it takes until all others know. It has a module of
// its own, so that nothing else depends on what it needs.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-metrics"
	"github.com/hashicorp/memberlist"
)

// outcome is what is printed. Cores and bytes are of the calm before the death; bytes are of
// payload, sent by one node in a second.
type outcome struct {
	Joined float64 `json:"joined_s"`
	Found  float64 `json:"found_s"` // from the death until the last of the others knows
	Cores  float64 `json:"cores"`
	Bytes  float64 `json:"bytes_per_s"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "memberlist:", err)
		os.Exit(1)
	}
}

// victim is the place of the node that is killed.
const victim = 1

// patience is how long the nodes may take to join, and to notice the death.
const patience = 5 * time.Minute

// cluster is what all nodes know of each other.
type cluster struct {
	mu      sync.Mutex
	known   []map[string]bool // by each node, by name, itself included
	changed chan struct{}     // has room for one
}

// observer tells the cluster what one node learns.
type observer struct {
	of *cluster
	at int
}

func (o observer) NotifyJoin(n *memberlist.Node)  { o.of.learn(o.at, n.Name, true) }
func (o observer) NotifyLeave(n *memberlist.Node) { o.of.learn(o.at, n.Name, false) }
func (observer) NotifyUpdate(*memberlist.Node)    {}

func (c *cluster) learn(at int, name string, alive bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if alive {
		c.known[at][name] = true
	} else {
		delete(c.known[at], name)
	}
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// await waits until something holds of what so many nodes know.
func (c *cluster) await(what string, want int, holds func(at int, known map[string]bool) bool) error {
	limit := time.After(patience)
	for {
		c.mu.Lock()
		have := 0
		for at, known := range c.known {
			if holds(at, known) {
				have++
			}
		}
		c.mu.Unlock()
		if have == want {
			return nil
		}
		select {
		case <-c.changed:
		case <-limit:
			return fmt.Errorf("%d of %d nodes %s after %v", have, want, what, patience)
		}
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("want NODES and a length of calm, got %v", args)
	}
	nodes, err := strconv.Atoi(args[0])
	if err != nil || nodes < 3 {
		return fmt.Errorf("%q: want a number of nodes, 3 or more", args[0])
	}
	calm, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	sink := metrics.NewInmemSink(time.Hour, 24*time.Hour)
	options := metrics.DefaultConfig("")
	options.EnableHostname, options.EnableRuntimeMetrics = false, false
	if _, err := metrics.NewGlobal(options, sink); err != nil {
		return err
	}
	c := &cluster{changed: make(chan struct{}, 1)}
	for range nodes {
		c.known = append(c.known, map[string]bool{})
	}
	began := time.Now()
	all, err := c.start(nodes)
	if err != nil {
		return err
	}
	if err := c.await("know all others", nodes, func(_ int, known map[string]bool) bool { return len(known) == nodes }); err != nil {
		return err
	}
	o := outcome{Joined: time.Since(began).Seconds()}
	before, err := processor()
	if err != nil {
		return err
	}
	sent := payload(sink)
	time.Sleep(calm) // what is measured is a stretch of time
	after, err := processor()
	if err != nil {
		return err
	}
	o.Cores = (after - before) / calm.Seconds()
	o.Bytes = (payload(sink) - sent) / calm.Seconds() / float64(nodes)
	died := time.Now()
	if err := all[victim].Shutdown(); err != nil {
		return err
	}
	if err := c.await("have noticed", nodes-1, func(at int, known map[string]bool) bool {
		return at != victim && !known[name(victim)]
	}); err != nil {
		return err
	}
	o.Found = time.Since(died).Seconds()
	return json.NewEncoder(os.Stdout).Encode(o)
}

func name(at int) string { return fmt.Sprintf("node%d", at) }

// start starts nodes that join through the first. They end with the process.
func (c *cluster) start(nodes int) (all []*memberlist.Memberlist, err error) {
	for at := range nodes {
		options := memberlist.DefaultLANConfig()
		options.Name = name(at)
		options.BindAddr, options.BindPort, options.AdvertisePort = "127.0.0.1", 0, 0
		options.Logger = log.New(io.Discard, "", 0)
		options.Events = observer{c, at}
		m, err := memberlist.Create(options)
		if err != nil {
			return nil, err
		}
		if at > 0 {
			if _, err := m.Join([]string{all[0].LocalNode().Address()}); err != nil {
				return nil, err
			}
		}
		all = append(all, m)
	}
	return all, nil
}

// processor is the time that this process has used, in seconds.
func processor() (float64, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("processor time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds(), nil
}

// payload is how many bytes all nodes have sent.
func payload(sink *metrics.InmemSink) float64 {
	sum := 0.0
	for _, interval := range sink.Data() {
		interval.RLock()
		for name, counter := range interval.Counters {
			if strings.Contains(name, "memberlist.udp.sent") || strings.Contains(name, "memberlist.tcp.sent") {
				sum += counter.Sum
			}
		}
		interval.RUnlock()
	}
	return sum
}
