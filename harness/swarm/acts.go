package swarm

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"gossiprpc/harness"
	"gossiprpc/harness/live"
)

// Kill is harness.Cluster's.
func (c *cluster) Kill(ctx context.Context, names ...string) error {
	return c.end(ctx, "SIGKILL", names)
}

// Interrupt is harness.Cluster's.
func (c *cluster) Interrupt(ctx context.Context, names ...string) error {
	return c.end(ctx, "SIGINT", names)
}

func (c *cluster) end(ctx context.Context, signal string, names []string) error {
	for _, name := range names {
		if name == harness.Monitor {
			return fmt.Errorf("end %s: %w: its menu would be lost", name, harness.ErrUnsupported)
		}
	}
	return c.each(ctx, names, func(ctx context.Context, name string, t task) error {
		if _, err := c.engine.ContainerKill(ctx, t.container, client.ContainerKillOptions{Signal: signal}); err != nil {
			return err
		}
		return live.Poll(ctx, name+" to end at "+signal, func() (bool, error) { return c.over(ctx, t) })
	}, func(name string) {
		c.ended[name] = c.running[name].container
		delete(c.running, name)
		delete(c.paused, name)
	})
}

// over tells whether a task has ended.
func (c *cluster) over(ctx context.Context, t task) (bool, error) {
	found, err := c.engine.ContainerInspect(ctx, t.container, client.ContainerInspectOptions{})
	if cerrdefs.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("inspect container %s: %w", t.container, err)
	}
	return !found.Container.State.Running, nil
}

// each does something to several tasks at once, and notes it when all have succeeded.
// Those that have ended are passed over.
func (c *cluster) each(ctx context.Context, names []string, do func(context.Context, string, task) error,
	then func(name string),
) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, name := range names {
		t, ok := c.running[name]
		if !ok {
			continue
		}
		g.Go(func() error {
			if err := do(ctx, name, t); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, name := range names {
		if _, ok := c.running[name]; ok {
			then(name)
		}
	}
	return nil
}

// Returned is harness.SelfHealing's.
func (c *cluster) Returned(ctx context.Context, names ...string) (bool, error) {
	tasks, err := c.tasks(ctx)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if t := tasks[name]; t.address == "" || t.container == c.ended[name] {
			return false, nil
		}
	}
	return true, nil
}

// Restart waits until swarm has started the next task of each; one that runs is killed
// first.
func (c *cluster) Restart(ctx context.Context, names ...string) error {
	if err := c.Kill(ctx, names...); err != nil {
		return err
	}
	limit := restartDelay(c.spec) + upLimit
	err := poll(ctx, fmt.Sprintf("swarm to start %v again", names), limit, func() (bool, error) {
		return c.Returned(ctx, names...)
	})
	if err != nil {
		return err
	}
	tasks, err := c.tasks(ctx)
	for _, name := range names {
		c.running[name] = tasks[name]
	}
	return err
}

// Pause is harness.Cluster's.
func (c *cluster) Pause(ctx context.Context, names ...string) error {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return c.paused[name] })
	return c.each(ctx, names, func(ctx context.Context, _ string, t task) error {
		_, err := c.engine.ContainerPause(ctx, t.container, client.ContainerPauseOptions{})
		return err
	}, func(name string) { c.paused[name] = true })
}

// Resume is harness.Cluster's.
func (c *cluster) Resume(ctx context.Context, names ...string) error {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !c.paused[name] })
	return c.each(ctx, names, func(ctx context.Context, _ string, t task) error {
		_, err := c.engine.ContainerUnpause(ctx, t.container, client.ContainerUnpauseOptions{})
		return err
	}, func(name string) { delete(c.paused, name) })
}

// Partition is harness.Cluster's.
func (c *cluster) Partition(context.Context, ...[]string) error {
	return fmt.Errorf("partition: %w: a task cannot leave its service's network", harness.ErrUnsupported)
}

// Loss is harness.Cluster's.
func (c *cluster) Loss(context.Context, float64) error {
	return fmt.Errorf("loss: %w: the stack's network loses nothing", harness.ErrUnsupported)
}

// Heal is harness.Cluster's: there is nothing to heal.
func (c *cluster) Heal(context.Context) error { return nil }

// Ended is live.Processes'.
func (c *cluster) Ended() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	tasks, err := c.tasks(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.running)) {
		if t := c.running[name]; tasks[name].container != t.container {
			return fmt.Errorf("%s %w: its container %.12s no longer runs", name, harness.ErrEnded, t.container)
		}
	}
	return nil
}

// execute runs a program in a process's container, and returns when it has ended.
func (c *cluster) execute(ctx context.Context, name string, command ...string) error {
	made, err := c.engine.ExecCreate(ctx, c.running[name].container, client.ExecCreateOptions{
		AttachStdout: true, AttachStderr: true, Cmd: command,
	})
	if err != nil {
		return fmt.Errorf("run %v in %s: %w", command, name, err)
	}
	attached, err := c.engine.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return fmt.Errorf("run %v in %s: %w", command, name, err)
	}
	defer attached.Close()
	_, err = io.Copy(io.Discard, attached.Reader) // until it has ended
	return err
}

// poll waits for what an orchestrator takes its time for.
func poll(ctx context.Context, what string, limit time.Duration, done func() (bool, error)) error {
	return live.PollFor(ctx, what, limit, 200*time.Millisecond, done)
}
