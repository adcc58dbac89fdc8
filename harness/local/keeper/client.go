package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// ErrUnsupported is wrapped by the error of a signal that this system lacks.
var ErrUnsupported = errUnsupported

// ErrGone is the error of every request to a keeper that has ended.
var ErrGone = errors.New("the keeper of the cluster's processes has ended")

// Client gives orders to a keeper. It is safe for many goroutines.
type Client struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	ended chan struct{} // closed when the keeper's output has ended

	writing sync.Mutex // held while a request is written

	mu      sync.Mutex
	seq     int
	waiting map[int]chan Reply
	runs    map[string]int
	pids    map[string]int
	ends    map[string]Ended
	changed chan struct{} // closed and replaced whenever a process ends
}

// Launch starts the keeper program at path with this environment, which its
// processes inherit.
func Launch(path string, environment []string) (*Client, error) {
	// Its life ends with its input, not with a context.
	cmd := exec.Command(path) //nolint:noctx
	cmd.Env = environment
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = apart()
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start keeper: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start keeper: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start keeper: %w", err)
	}
	c := &Client{
		cmd: cmd, in: in, ended: make(chan struct{}),
		waiting: map[int]chan Reply{}, runs: map[string]int{}, pids: map[string]int{}, ends: map[string]Ended{},
		changed: make(chan struct{}),
	}
	go c.read(out)
	return c, nil
}

func (c *Client) read(out io.Reader) {
	defer close(c.ended)
	replies := json.NewDecoder(out)
	for {
		var r Reply
		if replies.Decode(&r) != nil {
			return
		}
		c.mu.Lock()
		if r.Ended != nil {
			c.ends[r.Ended.ID] = *r.Ended
			close(c.changed)
			c.changed = make(chan struct{})
		} else if w, ok := c.waiting[r.Seq]; ok {
			delete(c.waiting, r.Seq)
			w <- r
		}
		c.mu.Unlock()
	}
}

func (c *Client) ask(ctx context.Context, r Request) (Reply, error) {
	answer := make(chan Reply, 1)
	c.mu.Lock()
	c.seq++
	r.Seq = c.seq
	c.waiting[r.Seq] = answer
	c.mu.Unlock()
	c.writing.Lock()
	err := json.NewEncoder(c.in).Encode(r)
	c.writing.Unlock()
	if err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrGone, err)
	}
	select {
	case reply := <-answer:
		if reply.Unsupported {
			return Reply{}, fmt.Errorf("%w: %s", ErrUnsupported, reply.Error)
		}
		if reply.Error != "" {
			return Reply{}, errors.New(reply.Error)
		}
		return reply, nil
	case <-c.ended:
		return Reply{}, ErrGone
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
}

// Start starts a process under an id, which may be used again when its process
// has ended.
func (c *Client) Start(ctx context.Context, id string, p Process) error {
	c.mu.Lock()
	c.runs[id]++
	c.mu.Unlock()
	reply, err := c.ask(ctx, Request{Op: OpStart, IDs: []string{id}, Start: &p})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.runs[id]--
		return err
	}
	c.pids[id] = reply.PID
	return nil
}

// Signal sends one of this package's signals to several processes, one right
// after the other.
func (c *Client) Signal(ctx context.Context, signal string, ids ...string) error {
	_, err := c.ask(ctx, Request{Op: OpSignal, IDs: ids, Signal: signal})
	return err
}

// Type writes text to a process's standard input.
func (c *Client) Type(ctx context.Context, id, text string) error {
	_, err := c.ask(ctx, Request{Op: OpType, IDs: []string{id}, Text: text})
	return err
}

// PID is the system's id of the latest process of an id; 0: none was started.
func (c *Client) PID(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pids[id]
}

// Ended tells whether the latest process of an id has ended, and how.
func (c *Client) Ended(id string) (status string, ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.ends[id]
	if !ok || e.Run != c.runs[id] {
		return "", false
	}
	return e.Status, true
}

// WaitEnded returns when the latest process of an id has ended.
func (c *Client) WaitEnded(ctx context.Context, id string) error {
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		if _, ended := c.Ended(id); ended {
			return nil
		}
		select {
		case <-changed:
		case <-c.ended:
			return ErrGone
		case <-ctx.Done():
			return fmt.Errorf("wait for %s to end: %w", id, ctx.Err())
		}
	}
}

// Gone reports that the keeper has ended, and its processes with it.
func (c *Client) Gone() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// Close ends all processes and the keeper, and returns when they have ended. A
// keeper that takes 10 seconds is killed.
func (c *Client) Close() error {
	_ = c.in.Close() // closed already: the second Close
	late := time.AfterFunc(10*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer late.Stop()
	<-c.ended
	err := c.cmd.Wait()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		return nil // the second Close
	}
	if err != nil {
		return fmt.Errorf("keeper: %w", err)
	}
	return nil
}
