package lab

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"gossiprpc/harness/replay"
	"gossiprpc/harness/scenario"
	"gossiprpc/internal/viewer"
)

// recordLag is after how long what has happened in real processes is surely in their
// flight records.
const recordLag = 2 * time.Second

// cluster is the lab's cluster while it runs, and what the viewers see of it. Only
// drive's goroutine touches it.
type cluster struct {
	hub     *viewer.Hub
	paced   bool // its time passes only when it is let, and is kept to the wall clock's
	options scenario.Options
	acts    chan act

	session   *scenario.Session         // nil: none runs
	job       string                    // a script to run next
	playing   atomic.Bool               // a script is running
	written   atomic.Pointer[time.Time] // paced: up to when all is on the disk
	following func() error              // ends the following of the run, and waits for that
	last      time.Duration             // of the stream's last event; the follower's while there is one
}

// act is something to do, and where to tell how it went.
type act struct {
	do   func(ctx context.Context) error
	done chan error // has room for one
}

// ask has drive do something, and returns what came of it.
func (c *cluster) ask(ctx context.Context, do func(ctx context.Context) error) error {
	if c.playing.Load() {
		return errors.New("a script is running: wait until it has ended")
	}
	a := act{do, make(chan error, 1)}
	select {
	case c.acts <- a:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drive starts the cluster, lets its time pass and acts on it until ctx ends.
func (c *cluster) drive(ctx context.Context) error {
	if err := c.open(ctx, c.options); err != nil {
		return err
	}
	for ctx.Err() == nil {
		pause := time.Second
		if c.session != nil {
			pause = 0
			if c.paced {
				pause = c.session.Step()
			}
		}
		select {
		case <-ctx.Done():
		case a := <-c.acts:
			a.done <- a.do(ctx)
			if c.job != "" {
				if err := c.play(ctx); err != nil {
					c.tell("script: " + err.Error())
				}
			}
			continue
		case <-time.After(pause):
		}
		if c.session != nil && ctx.Err() == nil {
			c.pass(ctx)
		}
	}
	return c.close()
}

// pass lets a little time pass. A cluster that has broken down is closed, and what
// the viewers saw of it stays.
func (c *cluster) pass(ctx context.Context) {
	now, err := c.session.Wait()
	c.written.Store(&now)
	if err != nil && ctx.Err() == nil {
		c.tell("the cluster has broken down: " + errors.Join(err, c.close()).Error())
	}
}

// tell says at the terminal and on the page why a run is over, which nobody follows
// any more.
func (c *cluster) tell(why string) {
	c.options.Progress.Event(0, why)
	c.hub.Put(c.last, viewer.EndOfRun{Text: why})
}

// put hands the viewers an event of the run that is followed.
func (c *cluster) put(at time.Duration, e viewer.Event) {
	c.last = at
	c.hub.Put(at, e)
}

// open starts another cluster in place of the one that runs.
func (c *cluster) open(ctx context.Context, o scenario.Options) error {
	if err := c.close(); err != nil {
		return err
	}
	s, err := scenario.Open(ctx, o)
	if err != nil {
		return err
	}
	c.session, c.options = s, o
	c.follow(ctx, s.Folder())
	return nil
}

// follow has the viewers see a run from its beginning.
func (c *cluster) follow(ctx context.Context, folder string) {
	c.written.Store(&time.Time{})
	written := func() time.Time { return time.Now().Add(-recordLag) }
	if c.paced {
		written = func() time.Time { return *c.written.Load() }
	}
	ctx, stop := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		f := replay.Follower{Folder: folder, Written: written, Every: 100 * time.Millisecond}
		return f.Stream(ctx, c.put)
	})
	c.following = func() error {
		defer stop()
		return g.Wait()
	}
}

// close ends the cluster, and waits until the viewers have been told all of it.
func (c *cluster) close() error {
	if c.session == nil {
		return nil
	}
	err := c.session.Close()
	c.session = nil
	return errors.Join(err, c.following())
}

// word does one word of a script.
func (c *cluster) word(line string) func(context.Context) error {
	return func(context.Context) error {
		if c.session == nil {
			return errors.New("no cluster runs: start a new one")
		}
		return c.session.Do(line)
	}
}

// script has a whole script run in place of the cluster that runs, which is over then.
func (c *cluster) script(text string) func(context.Context) error {
	return func(context.Context) error {
		c.job = text
		return nil
	}
}

// play runs the script that was asked for. Nothing else can be done meanwhile.
func (c *cluster) play(ctx context.Context) error {
	text := c.job
	c.job = ""
	if err := c.close(); err != nil {
		return err
	}
	c.playing.Store(true)
	defer c.playing.Store(false)
	o := c.options
	c.following = func() error { return nil }
	o.Opened = func(folder string) { c.follow(ctx, folder) }
	out, err := scenario.Run(ctx, o, scriptName, []byte(text))
	err = errors.Join(err, c.following())
	if err == nil {
		o.Progress.Event(out.Took, fmt.Sprintf("script: %s; its folder is %s", out.Verdict, out.Folder))
	}
	return err
}
