//go:build linux

package sim

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// BenchmarkNodeRound is the cost of one node's gossip round with all that goes
// with it (heartbeats, reports, the monitor), in a cluster that has joined.
func BenchmarkNodeRound(b *testing.B) {
	for _, s := range protocol.All() {
		for _, n := range []int{32, 128, 512} {
			b.Run(fmt.Sprintf("%s/%d", s.Name, n), func(b *testing.B) {
				b.ReportAllocs()
				c := config(b, s.Name, n)
				c.Joined = true
				w := newWorld(b, c)
				w.Run(30 * time.Second)
				b.ResetTimer()
				rounds, began := 0, cpuSeconds(b)
				for b.Loop() {
					w.Run(c.Timing.Gossip)
					rounds += n
				}
				perRound := (cpuSeconds(b) - began) * 1e9 / float64(rounds)
				b.ReportMetric(perRound, "cpu-ns/node-round")
				b.ReportMetric(perRound/float64(n), "cpu-ns/entry")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkNodeRoundLater is the same after more and more virtual time: it stays
// flat, as nothing that a node or the monitor keeps grows with time.
func BenchmarkNodeRoundLater(b *testing.B) {
	for _, minutes := range []int{1, 10, 60} {
		b.Run(fmt.Sprintf("brr/128/minutes=%d", minutes), func(b *testing.B) {
			c := config(b, "brr", 128)
			c.Joined = true
			w := newWorld(b, c)
			w.Run(time.Duration(minutes) * time.Minute)
			rounds, began := 0, cpuSeconds(b)
			for b.Loop() {
				w.Run(c.Timing.Gossip)
				rounds += c.Nodes
			}
			b.ReportMetric((cpuSeconds(b)-began)*1e9/float64(rounds), "cpu-ns/node-round")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// cpuSeconds is what this process has used; unlike the wall clock it hardly
// depends on what else the machine does.
func cpuSeconds(b *testing.B) float64 {
	u := usage(b)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func usage(b *testing.B) syscall.Rusage {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u
}

// BenchmarkMinute1000 runs 1,000 nodes for 60 virtual seconds, from
// their start, joining included, on one core (-cpu 1).
func BenchmarkMinute1000(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // memory for time: up to 2.6 GB
	for _, s := range protocol.All() {
		for _, joined := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/joined=%v", s.Name, joined), func(b *testing.B) {
				began := cpuSeconds(b)
				for b.Loop() {
					c := config(b, s.Name, 1000)
					c.Joined = joined
					newWorld(b, c).Run(time.Minute)
				}
				b.ReportMetric((cpuSeconds(b)-began)/float64(b.N), "cpu-s/op")
			})
		}
	}
}

// BenchmarkMemory is what a cluster that has joined takes for 60 virtual seconds, and
// holds at their end for each ordered pair of nodes. SIM_NODES chooses the size.
// peak-MiB and cpu-s are the process's, so run it alone.
func BenchmarkMemory(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // time for memory
	nodes := 1000
	if n := os.Getenv("SIM_NODES"); n != "" {
		var err error
		if nodes, err = strconv.Atoi(n); err != nil {
			b.Fatal(err)
		}
	}
	began := cpuSeconds(b)
	for b.Loop() {
		c := config(b, "brr", nodes)
		c.Joined, c.Lean = true, true
		w := newWorld(b, c)
		w.Run(time.Minute)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/float64(nodes)/float64(nodes), "B/pair")
		b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MiB")
		b.ReportMetric(float64(usage(b).Maxrss)/(1<<10), "peak-MiB") // Linux counts in KiB
		runtime.KeepAlive(w)
	}
	b.ReportMetric((cpuSeconds(b)-began)/float64(b.N), "cpu-s/op")
}
