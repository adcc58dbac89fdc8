// Package truth measures, in virtual time, how often the monitor is wrong about
// nodes that run when it is the monitor that hears badly. In flow a simulated
// cluster and what is done to its monitor; out flow what the monitor concluded,
// judged by who really runs.
package truth

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/testcase"
)

// Outcome is what one run ended with.
type Outcome struct {
	Wrong   int           // verdicts of failure about nodes that run
	Endings int           // victims of ended cases that run
	Share   float64       // of node-time in which a verdict was wrong
	Found   []sim.Death   // the deaths, and when they were found
	Ended   time.Duration // from the case's beginning to its end; sim.None: it did not end
}

// Fault is what is done to the monitor.
type Fault string

// The faults.
const (
	CutOff  Fault = "cut off" // no message to or from the monitor arrives
	Stopped Fault = "paused"  // its process stands still
)

// Deafen has a monitor wait for a victim in a cluster of which nobody dies, and
// does it something for 5 s to 5 min at a moment drawn from the seed.
func Deafen(c sim.Config, f Fault) (Outcome, error) {
	draw := rand.New(rand.NewPCG(c.Seed, 10))
	length := 5*time.Second + time.Duration(draw.Int64N(int64(295*time.Second)))
	if draw.IntN(2) == 0 { // the short ones are where silence and rounds meet
		length = 5*time.Second + time.Duration(draw.Int64N(int64(15*time.Second)))
	}
	warm := 20*time.Second + time.Duration(draw.Int64N(int64(20*time.Second)))
	return measure(c, warm, length+2*time.Minute, 1, func(w *sim.World) {
		end := w.Elapsed() + length
		switch f {
		case CutOff:
			w.Partition([]string{harness.Monitor})
			w.At(end, func() { w.Partition() })
		case Stopped:
			w.Pause(harness.Monitor)
			w.At(end, func() { w.Resume(harness.Monitor) })
		}
	})
}

// Lose drops a share of all messages, the monitor's too.
func Lose(c sim.Config, share float64, length time.Duration) (Outcome, error) {
	return measure(c, 20*time.Second, length, 1, func(w *sim.World) { lose(w, share) })
}

func lose(w *sim.World, share float64) {
	w.Loss(share)
	servers := w.Servers()
	servers.Loss = share
	w.SetServers(servers)
}

// Unheard has one node die after another's way to the monitor has been cut, ahead
// of it by so much.
func Unheard(c sim.Config, ahead time.Duration) (Outcome, error) {
	return measure(c, 20*time.Second, 2*time.Minute, 1, func(w *sim.World) {
		w.Cut("node1", harness.Monitor)
		w.Run(ahead)
		w.Kill("node2")
	})
}

// Die has some nodes die at once, with a case waiting for them, while this share
// of all messages is lost.
func Die(c sim.Config, deaths int, share float64, length time.Duration) (Outcome, error) {
	draw := rand.New(rand.NewPCG(c.Seed, 11))
	warm := 20*time.Second + time.Duration(draw.Int64N(int64(20*time.Second)))
	return measure(c, warm, length, testcase.Case(min(deaths, 2)), func(w *sim.World) {
		lose(w, share)
		names := w.Nodes()
		draw.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		w.Kill(names[:deaths]...)
	})
}

// measure lets a cluster join and warm up, begins a case and does something.
func measure(c sim.Config, warm, length time.Duration, kind testcase.Case, do func(*sim.World)) (Outcome, error) {
	out := Outcome{Ended: sim.None}
	w, err := sim.New(c)
	if err != nil {
		return out, err
	}
	if !w.AwaitJoined(3 * time.Minute) {
		return out, fmt.Errorf("%s, %d nodes, seed %d: not joined", c.Protocol.Name, c.Nodes, c.Seed)
	}
	w.Run(warm)
	m := sim.NewMeter(w)
	began := w.Elapsed()
	w.Observe(sim.Hooks{
		Result: func(r testcase.Result) {
			out.Ended = w.Elapsed() - began
			for _, v := range r.Victims {
				if runs(w, v) {
					out.Endings++
				}
			}
		},
	})
	if !w.Type(strconv.Itoa(int(kind))) {
		return out, errors.New("the monitor does not run")
	}
	do(w)
	w.Run(length)
	r := m.Result()
	out.Wrong, out.Share, out.Found = len(r.Mistakes), 1-r.Quality().Accuracy, r.Deaths
	return out, nil
}

func runs(w *sim.World, a gossip.Address) bool {
	for _, n := range w.Nodes() {
		if w.Address(n) == a {
			return w.Running(n) && !w.Paused(n)
		}
	}
	return false
}
