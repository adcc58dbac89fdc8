package local

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/local/keeper"
)

// endLimit is how long a process may take to end at a signal.
const endLimit = 5 * time.Second

func (c *cluster) Kill(ctx context.Context, names ...string) error {
	for _, n := range names {
		c.down[n] = true
	}
	return c.signal(ctx, keeper.Kill, names)
}

func (c *cluster) Interrupt(ctx context.Context, names ...string) error {
	for _, n := range names {
		c.down[n] = true
	}
	if err := c.signal(ctx, keeper.Interrupt, names); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, endLimit)
	defer cancel()
	for _, n := range names {
		if err := c.keeper.WaitEnded(wait, n); err != nil {
			if ctx.Err() == nil && wait.Err() != nil {
				return harness.Unmet(fmt.Errorf("%s runs on %s after a Ctrl-C", n, endLimit))
			}
			return err
		}
	}
	return nil
}

// endRecorded has all that is recorded end by itself, so that no record lacks the
// last moment. Errors do not matter: whatever does not end is killed with the
// keeper, and a record that breaks off can be read as well.
func (c *cluster) endRecorded() {
	ctx, cancel := context.WithTimeout(context.Background(), endLimit)
	defer cancel()
	var running []string
	for name := range c.started {
		if c.down[name] || len(c.instead[name]) > 0 || c.spec.RecordFile(name, c.lives[name]) == "" {
			continue
		}
		// One by one: to signal a process that has ended keeps the next from theirs.
		_ = c.keeper.Signal(ctx, keeper.Continue, name) // a paused one takes no other signal
		if c.keeper.Signal(ctx, keeper.Interrupt, name) == nil {
			running = append(running, name)
		}
	}
	for _, name := range running {
		_ = c.keeper.WaitEnded(ctx, name)
	}
}

func (c *cluster) Restart(ctx context.Context, names ...string) error {
	for _, n := range names {
		if _, ended := c.keeper.Ended(n); !ended && !c.down[n] {
			if err := c.Kill(ctx, n); err != nil {
				return err
			}
		}
		wait, cancel := context.WithTimeout(ctx, endLimit)
		err := c.keeper.WaitEnded(wait, n)
		cancel()
		if err != nil {
			return err
		}
		if err := c.launch(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) Pause(ctx context.Context, names ...string) error {
	return c.signal(ctx, keeper.Stop, names)
}

func (c *cluster) Resume(ctx context.Context, names ...string) error {
	return c.signal(ctx, keeper.Continue, names)
}

func (c *cluster) signal(ctx context.Context, signal string, names []string) error {
	err := c.keeper.Signal(ctx, signal, names...)
	if errors.Is(err, keeper.ErrUnsupported) {
		return fmt.Errorf("%s: %w", signal, harness.ErrUnsupported)
	}
	return err
}

func (c *cluster) Menu(ctx context.Context, line string) error {
	return c.keeper.Type(ctx, harness.Monitor, line+"\n")
}
