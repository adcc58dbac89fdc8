package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"gossiprpc/harness/usage"
)

// process is a child that ends when its standard input does.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	err bytes.Buffer
}

func start(ctx context.Context, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, name, args...)}
	p.cmd.Stderr = &p.err
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	return p, nil
}

// end waits for the child, which has nothing more to do.
func (p *process) end() error {
	_ = p.in.Close() // it may have ended
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", p.cmd.Path, err, strings.TrimSpace(p.err.String()))
	}
	return nil
}

// port is what a server prints first.
func (p *process) port() (int, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("%s says no port: %w", p.cmd.Path, errors.Join(err, p.end()))
	}
	port, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return 0, fmt.Errorf("%s says no port: %w", p.cmd.Path, errors.Join(err, p.end()))
	}
	return port, nil
}

// answering is the child's work where it answers so many calls, several at a time.
func (p *process) answering(ctx context.Context, once func() error) work {
	return func(times int) (time.Duration, error) {
		began, err := p.spent()
		if err != nil {
			return 0, err
		}
		if err := calls(ctx, times, once); err != nil {
			return 0, err
		}
		ended, err := p.spent()
		return ended - began, err
	}
}

// spent is the processor time that the child has used.
func (p *process) spent() (time.Duration, error) {
	u, err := usage.Of(p.cmd.Process.Pid)
	return u.CPU, err
}
