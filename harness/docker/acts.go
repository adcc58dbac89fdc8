package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/client"

	"gossiprpc/harness"
)

// endLimit is how long a process may take to end at a signal.
const endLimit = 5 * time.Second

func (c *cluster) Kill(ctx context.Context, names ...string) error {
	return c.end(ctx, "KILL", "SIGKILL", names)
}

// Interrupt sends SIGINT, which is what a terminal makes of a Ctrl-C.
func (c *cluster) Interrupt(ctx context.Context, names ...string) error {
	return c.end(ctx, "INT", "a Ctrl-C", names)
}

// end signals all and then waits for all: what comes before the signals, or
// between them, would keep them from coming together.
func (c *cluster) end(ctx context.Context, signal, called string, names []string) error {
	var ps []*process
	for _, name := range names {
		p, err := c.process(name)
		if err != nil {
			return err
		}
		if !p.down {
			ps = append(ps, p)
		}
	}
	var failed error
	for _, p := range ps {
		p.down = true
		failed = errors.Join(failed, p.shell.send("kill -"+signal+" $(<"+pidFile+") 2>/dev/null"))
	}
	if failed != nil {
		return failed
	}
	for _, p := range ps {
		// The shell of a paused container is paused too, and reads the line when
		// it goes on; so does the process, for the moment until then.
		if p.paused {
			if err := c.unpause(ctx, p); err != nil {
				return err
			}
		}
	}
	limit := time.NewTimer(endLimit)
	defer limit.Stop()
	for _, p := range ps {
		select {
		case <-p.running.ended:
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return harness.Unmet(fmt.Errorf("%s runs on %s after %s", p.name, endLimit, called))
		}
	}
	return nil
}

func (c *cluster) Restart(ctx context.Context, names ...string) error {
	if err := c.Kill(ctx, names...); err != nil {
		return err
	}
	for _, name := range names {
		if err := c.launch(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) Pause(ctx context.Context, names ...string) error {
	return c.each(ctx, names, func(ctx context.Context, p *process) error {
		if p.paused {
			return nil
		}
		if _, err := c.engine.ContainerPause(ctx, p.container, client.ContainerPauseOptions{}); err != nil {
			return fmt.Errorf("pause container %s: %w", p.host, err)
		}
		p.paused = true
		return nil
	})
}

func (c *cluster) Resume(ctx context.Context, names ...string) error {
	return c.each(ctx, names, c.unpause)
}

func (c *cluster) unpause(ctx context.Context, p *process) error {
	if !p.paused {
		return nil
	}
	if _, err := c.engine.ContainerUnpause(ctx, p.container, client.ContainerUnpauseOptions{}); err != nil {
		return fmt.Errorf("unpause container %s: %w", p.host, err)
	}
	p.paused = false
	return nil
}

func (c *cluster) Loss(context.Context, float64) error {
	return fmt.Errorf("loss: %w: the containers' network loses nothing", harness.ErrUnsupported)
}

func (c *cluster) Menu(_ context.Context, line string) error {
	p := c.processes[harness.Monitor]
	if p.down {
		return errors.New("the monitor is not running")
	}
	_, err := io.WriteString(p.running.conn.Conn, line+"\n")
	return err
}
