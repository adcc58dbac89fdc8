package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"gossiprpc/harness"
	"gossiprpc/harness/live"
)

// pidFile is where a process's id in its container is found.
const pidFile = "/tmp/process.pid"

// process is a container and what is exec'd in it.
type process struct {
	name    string // in scenarios
	host    string // container, and name in the network
	port    int
	image   string
	command []string
	other   bool   // not ours: a [Program]
	typed   string // at it, once it listens

	stdout, stderr string // files in the run's folder

	container string // "" before it is made
	network   string // that it is in, "" when it is cut off from all
	shell     shell

	lives   int       // how often it has been started
	started time.Time // of the latest start
	down    bool      // not started yet, or ended on purpose
	paused  bool
	running *execution // the latest
	copies  []*copying // of its records, one a life, when they are followed
}

// execution is one run of a process.
type execution struct {
	id    string
	conn  client.HijackedResponse
	ended chan struct{} // closed when its output has ended, and it with it

	mu    sync.Mutex
	ready string // the line that says it listens, "" before
	seen  bytes.Buffer
}

// launch starts a process and returns when it says that it listens.
func (c *cluster) launch(ctx context.Context, name string) error {
	p, err := c.process(name)
	if err != nil {
		return err
	}
	at := time.Now()
	if err := c.execute(ctx, p); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	p.started, p.down = at, false
	if err := c.followRecord(ctx, p); err != nil {
		return fmt.Errorf("follow the record of %s: %w", name, err)
	}
	if p.other {
		return c.listens(ctx, p)
	}
	e := p.running
	err = live.Poll(ctx, name+" to listen", func() (bool, error) {
		if e.listening() != "" {
			return true, nil
		}
		if e.hasEnded() {
			return false, fmt.Errorf("%s did not start (%s): %s", name, c.status(ctx, e), lastLine(p.stderr))
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	// Nobody would find a node with a wrong name, and no test case would ever end.
	want := fmt.Sprintf("%s:%d", p.host, p.port)
	if line := e.listening(); !strings.HasSuffix(line, " as "+want) {
		return fmt.Errorf("%s goes by another name than its container's, want %s: %q", name, want, line)
	}
	return nil
}

// listens waits until the port of a process that does not say so itself is open.
func (c *cluster) listens(ctx context.Context, p *process) error {
	err := live.Poll(ctx, p.name+" to listen", func() (bool, error) {
		if p.running.hasEnded() {
			return false, fmt.Errorf("%s did not start (%s): %s", p.name, c.status(ctx, p.running), lastLine(p.stderr))
		}
		said, err := p.shell.ask(ctx, fmt.Sprintf("(: </dev/tcp/%s/%d) 2>/dev/null && echo up", p.host, p.port))
		return len(said) > 0, err
	})
	if err == nil && p.typed != "" {
		_, err = io.WriteString(p.running.conn.Conn, p.typed+"\n")
	}
	return err
}

// execute has the engine start the process, with all three streams attached.
func (c *cluster) execute(ctx context.Context, p *process) error {
	p.lives++
	command := p.command
	if c.recordFile(p) != "" {
		command = append(slices.Clone(command), "--record", recordName(p.lives))
	}
	made, err := c.engine.ExecCreate(ctx, p.container, client.ExecCreateOptions{
		AttachStdin: true, AttachStdout: true, AttachStderr: true,
		// exec keeps the shell's process id.
		Cmd: append([]string{"bash", "-c", "echo $$ >" + pidFile + `; exec "$@"`, "process"}, command...),
	})
	if err != nil {
		return err
	}
	stdout, err := appendTo(p.stdout)
	if err != nil {
		return err
	}
	stderr, err := appendTo(p.stderr)
	if err != nil {
		return errors.Join(err, stdout.Close())
	}
	attached, err := c.engine.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return errors.Join(err, stdout.Close(), stderr.Close())
	}
	e := &execution{id: made.ID, conn: attached.HijackedResponse, ended: make(chan struct{})}
	p.running = e
	c.readers.Go(func() {
		defer close(e.ended)
		defer stdout.Close()
		defer stderr.Close()
		// Without a terminal the engine always multiplexes, whatever it says the
		// type is. A stream that breaks off has ended like any other.
		_, _ = stdcopy.StdCopy(stdout, io.MultiWriter(stderr, e), e.conn.Reader)
	})
	return nil
}

func appendTo(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
}

// Write looks for the line that says the process listens.
func (e *execution) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ready != "" {
		return len(b), nil
	}
	e.seen.Write(b)
	for line := range strings.Lines(e.seen.String()) {
		if strings.HasPrefix(line, "listening on ") && strings.HasSuffix(line, "\n") {
			e.ready = strings.TrimSpace(line)
			e.seen.Reset()
		}
	}
	return len(b), nil
}

func (e *execution) listening() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ready
}

func (e *execution) hasEnded() bool {
	select {
	case <-e.ended:
		return true
	default:
		return false
	}
}

// status says for people how an execution ended.
func (c *cluster) status(ctx context.Context, e *execution) string {
	found, err := c.engine.ExecInspect(ctx, e.id, client.ExecInspectOptions{})
	switch {
	case err != nil:
		return err.Error()
	case found.Running:
		return "its output ended"
	}
	return fmt.Sprintf("exit status %d", found.ExitCode)
}

// Ended names a process that has ended though nobody ended it.
func (c *cluster) Ended() error {
	for _, name := range c.everyone() {
		p := c.processes[name]
		if p.down || p.running == nil || !p.running.hasEnded() {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return fmt.Errorf("%s %w (%s): %s", name, harness.ErrEnded, c.status(ctx, p.running), lastLine(p.stderr))
	}
	return nil
}

// hangUp closes all connections of a process whose container is gone, so that
// their readers end.
func (p *process) hangUp() {
	p.shell.close()
	if p.running != nil {
		p.running.conn.Close()
	}
}

func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
