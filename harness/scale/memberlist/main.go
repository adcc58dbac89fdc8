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

// leaves counts who has noticed that a node is gone.
type leaves struct {
	memberlist.EventDelegate
	mu      sync.Mutex
	of      string
	left    int
	noticed chan struct{} // closed when left is 0
}

func (*leaves) NotifyJoin(*memberlist.Node)   {}
func (*leaves) NotifyUpdate(*memberlist.Node) {}

func (l *leaves) NotifyLeave(n *memberlist.Node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.Name != l.of {
		return
	}
	if l.left--; l.left == 0 {
		close(l.noticed)
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
	l := &leaves{of: "node1", left: nodes - 1, noticed: make(chan struct{})}
	var all []*memberlist.Memberlist
	began := time.Now()
	for i := range nodes {
		c := memberlist.DefaultLANConfig()
		c.Name = fmt.Sprintf("node%d", i)
		c.BindAddr, c.BindPort, c.AdvertisePort = "127.0.0.1", 0, 0
		c.Logger = log.New(io.Discard, "", 0)
		if i != 1 {
			c.Events = l
		}
		m, err := memberlist.Create(c)
		if err != nil {
			return err
		}
		if i > 0 {
			if _, err := m.Join([]string{all[0].LocalNode().Address()}); err != nil {
				return err
			}
		}
		all = append(all, m)
	}
	for joined := 0; joined < nodes; time.Sleep(20 * time.Millisecond) {
		joined = 0
		for _, m := range all {
			if m.NumMembers() == nodes {
				joined++
			}
		}
		if time.Since(began) > 5*time.Minute {
			return fmt.Errorf("%d of %d nodes know all others after 5 minutes", joined, nodes)
		}
	}
	o := outcome{Joined: time.Since(began).Seconds()}
	before, sent := processor(), payload(sink)
	time.Sleep(calm)
	o.Cores = (processor() - before) / calm.Seconds()
	o.Bytes = (payload(sink) - sent) / calm.Seconds() / float64(nodes)
	died := time.Now()
	if err := all[1].Shutdown(); err != nil {
		return err
	}
	select {
	case <-l.noticed:
	case <-time.After(5 * time.Minute):
		return fmt.Errorf("not all have noticed after 5 minutes")
	}
	o.Found = time.Since(died).Seconds()
	return json.NewEncoder(os.Stdout).Encode(o)
}

// processor is the time that this process has used, in seconds.
func processor() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
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
