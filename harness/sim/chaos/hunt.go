package chaos

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Finding is a seed whose run failed.
type Finding struct {
	Seed    uint64
	Plan    Plan // as drawn
	Failure Failure
}

// Hunt plays the seeds from first to last, on all processors, and tells found of
// each that fails, one at a time but in no order, and done of the number played
// so far. It returns how many were played,
// fewer than all when ctx ends, and what they did.
func Hunt(ctx context.Context, first, last uint64, found func(Finding), done func(played uint64)) (uint64, Tally, error) {
	var next, played atomic.Uint64
	tally := newTally()
	var mu sync.Mutex
	var broken error
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for ctx.Err() == nil {
				seed := first + next.Add(1) - 1
				if seed > last || seed < first {
					return
				}
				plan := Draw(seed)
				failure, counted, err := Play(plan)
				n := played.Add(1)
				mu.Lock()
				tally.Add(counted)
				switch {
				case err != nil:
					broken = err
				case failure != nil:
					found(Finding{Seed: seed, Plan: plan, Failure: *failure})
				}
				done(n)
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return played.Load(), tally, broken
}
