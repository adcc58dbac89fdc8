package chaos

import (
	"slices"
	"strconv"

	"gossiprpc/harness"
)

// begin inflicts a fault, and sees to its end.
func (y *player) begin(f Fault) {
	if y.restored {
		return
	}
	w := y.world
	y.tally.Faults[f.Kind]++
	excuse := y.excuses.begin(f)
	undo := func() {}
	switch f.Kind {
	case Crash, Unplug:
		if f.Kind == Crash {
			w.Kill(f.Who...)
		} else {
			w.Unplug(f.Who...)
		}
		undo = func() {
			for _, n := range f.Who {
				if !w.Running(n) {
					w.Restart(n)
				}
			}
		}
	case Pause:
		w.Pause(f.Who...)
		undo = func() { w.Resume(f.Who...) }
	case Slow:
		w.SetWork(f.Who[0], f.Span)
		undo = func() { w.SetWork(f.Who[0], 0) }
	case Lose, Duplicate, Reorder:
		y.network(f)
		undo = func() { y.network(Fault{Kind: f.Kind, On: f.On}) }
	case Cut:
		pair := [2]string{f.Who[0], f.Who[1]}
		y.cuts[pair]++
		w.Cut(pair[0], pair[1])
		undo = func() {
			if y.cuts[pair]--; y.cuts[pair] == 0 {
				w.Mend(pair[0], pair[1])
			}
		}
	case Partition:
		w.Partition(f.Who)
		undo = func() { w.Partition() }
	case Clock:
		w.SetClock(f.Who[0], f.Span)
		undo = func() { w.SetClock(f.Who[0], -f.Span) }
	case Join:
		y.excuses.join(w.Join(), w.Elapsed())
	case Case:
		w.Type(strconv.Itoa(f.Number))
		undo = func() { w.Type("cancel") }
	case Forget:
		w.Type("forget " + f.Who[0])
		y.excuses.end(excuse, w.Elapsed())
	}
	if f.For > 0 {
		w.At(w.Elapsed()+f.For, func() {
			if !y.restored || f.Kind == Clock {
				undo()
				y.excuses.end(excuse, w.Elapsed())
			}
		})
	}
}

func (y *player) network(f Fault) {
	get, set := y.world.Peers, y.world.SetPeers
	if f.links() == Servers {
		get, set = y.world.Servers, y.world.SetServers
	}
	n := get()
	switch f.Kind {
	case Lose:
		n.Loss = f.Share
	case Duplicate:
		n.Duplicate = f.Share
	case Reorder:
		n.Reorder, n.Late = f.Share, f.Span
	}
	set(n)
}

// heal ends all faults but the deaths that were for good.
func (y *player) heal() {
	y.restored = true
	w := y.world
	w.Heal()
	w.SetPeers(y.plan.Peers)
	w.SetServers(y.plan.Servers)
	y.excuses.endAll(w.Elapsed())
	for _, n := range w.Nodes() {
		w.SetWork(n, 0)
		w.Resume(n)
	}
	for _, n := range []string{harness.Monitor, harness.Provider} {
		w.Resume(n)
		if !w.Running(n) {
			w.Restart(n)
		}
	}
	for _, f := range y.plan.Faults {
		if f.ends() && f.For > 0 {
			for _, n := range f.Who {
				if !w.Running(n) && !y.deadForGood(n) {
					w.Restart(n)
				}
			}
		}
	}
}

// ends tells whether a fault ends processes.
func (f Fault) ends() bool { return f.Kind == Crash || f.Kind == Unplug }

func (y *player) deadForGood(name string) bool {
	return slices.ContainsFunc(y.plan.Faults, func(f Fault) bool {
		return f.ends() && f.For == 0 && slices.Contains(f.Who, name)
	})
}
