package live

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"gossiprpc/harness"
	"gossiprpc/internal/wire"
)

// askLimit is how long a node may take to say what it waits for. One that is paused
// never does.
const askLimit = 2 * time.Second

// Unsettled asks all running nodes at once. One that does not answer is not settled.
func (s *Servers) Unsettled(ctx context.Context) (harness.Unrest, error) {
	asked, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	unrest := harness.Unrest{Awaits: map[string]string{}}
	var mu sync.Mutex
	var asking sync.WaitGroup
	for _, n := range s.Processes.Running() {
		asking.Go(func() {
			what, err := s.Processes.Awaits(asked, n.Name)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, wire.ErrCannotTell):
				unrest.CannotTell = append(unrest.CannotTell, n.Name)
			case err != nil:
				unrest.Awaits[n.Name] = "it does not say whether it is settled: " + err.Error()
			case what != "":
				unrest.Awaits[n.Name] = what
			}
		})
	}
	asking.Wait()
	slices.Sort(unrest.CannotTell)
	return unrest, ctx.Err()
}
