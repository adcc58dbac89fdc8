package truth

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
)

func env(name string, or int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return or
}

func sizes() []int {
	if os.Getenv("SIZE") != "" {
		return []int{env("SIZE", 8)}
	}
	return []int{8, 16, 32}
}

func TestExplore(t *testing.T) {
	seeds := env("SEEDS", 20)
	what := os.Getenv("WHAT")
	for _, s := range protocol.All() {
		if p := os.Getenv("PROTO"); p != "" && p != s.Name {
			continue
		}
		for _, n := range sizes() {
			c := sim.DefaultConfig(s)
			c.Nodes, c.Joined, c.Lean = n, true, true
			switch {
			case strings.Contains(what, "deaf"):
				for _, f := range []Fault{CutOff, Resumed, Half, Restart} {
					wrong, ends, runs := 0, 0, 0
					for seed := range seeds {
						c.Seed = uint64(seed + 1)
						o, err := Deafen(c, f)
						if err != nil {
							t.Fatal(err)
						}
						wrong += o.Wrong
						ends += o.Endings
						if o.Wrong > 0 {
							runs++
						}
					}
					fmt.Printf("%s %d %s: runs %d of %d, verdicts %d, endings %d\n", s.Name, n, f, runs, seeds, wrong, ends)
				}
			case strings.Contains(what, "loss"):
				for _, l := range []float64{.05, .1} {
					share, ends, deaths, found := 0., 0, 0, 0
					sum := time.Duration(0)
					for seed := range seeds {
						c.Seed = uint64(seed + 1)
						o, err := Lose(c, l, 5*time.Minute)
						if err != nil {
							t.Fatal(err)
						}
						share += o.Share
						ends += o.Endings
						o, err = Die(c, 1, l, 3*time.Minute)
						if err != nil {
							t.Fatal(err)
						}
						for _, d := range o.Found {
							deaths++
							if d.Verdict != sim.None {
								found++
								sum += d.Verdict
							}
						}
					}
					fmt.Printf("%s %d loss %g: share %.5f, endings %d; %d of %d deaths found after %.1f\n", s.Name, n, l, share/float64(seeds), ends, found, deaths, sum.Seconds()/float64(max(1, found)))
				}
			default:
				for _, d := range []int{1, 2, n / 2, n/2 + 1, 3 * n / 4} {
					first, sum, slow, ended := time.Duration(0), time.Duration(0), time.Duration(0), time.Duration(0)
					missed, wrong := 0, 0
					for seed := range seeds {
						c.Seed = uint64(seed + 1)
						o, err := Die(c, d, 0, 3*time.Minute)
						if err != nil {
							t.Fatal(err)
						}
						wrong += o.Wrong
						last, early := time.Duration(0), time.Hour
						for _, x := range o.Found {
							if x.Verdict == sim.None {
								missed++
							}
							last, early = max(last, x.Verdict), min(early, x.Verdict)
						}
						first, sum, slow, ended = first+early, sum+last, max(slow, last), ended+o.Ended
					}
					q := float64(seeds)
					fmt.Printf("%s %d deaths %d: first %.2f last %.2f slowest %.2f ended %.2f; missed %d wrong %d; bound %v\n", s.Name, n, d, first.Seconds()/q, sum.Seconds()/q, slow.Seconds(), ended.Seconds()/q, missed, wrong, protocol.DetectionBound(s, c.Timing, n, d, true))
				}
			}
		}
	}
}
