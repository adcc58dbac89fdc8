//go:build unix

package sim

import (
	"fmt"
	"os"
	"runtime"
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
				rounds := 0
				for b.Loop() {
					w.Run(c.Timing.Gossip)
					rounds += n
				}
				perRound := float64(b.Elapsed().Nanoseconds()) / float64(rounds)
				b.ReportMetric(perRound, "ns/node-round")
				b.ReportMetric(perRound/float64(n), "ns/entry")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// cpuSeconds is what this process has used; unlike the wall clock it hardly
// depends on what else the machine does.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// BenchmarkMinute1000 is issue 6's goal: 1,000 nodes for 60 virtual seconds, from
// their start, joining included, on one core (-cpu 1).
func BenchmarkMinute1000(b *testing.B) {
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

// BenchmarkMemory is what a cluster that has joined holds, for each ordered pair
// of nodes, after some rounds. SIM_NODES chooses the size.
func BenchmarkMemory(b *testing.B) {
	nodes := 1000
	if n := os.Getenv("SIM_NODES"); n != "" {
		var err error
		if nodes, err = strconv.Atoi(n); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		c := config(b, "brr", nodes)
		c.Joined, c.Lean = true, true
		w := newWorld(b, c)
		w.Run(3 * c.Timing.Gossip)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/float64(nodes)/float64(nodes), "B/pair")
		b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MiB")
		runtime.KeepAlive(w)
	}
}
