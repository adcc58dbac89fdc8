package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/PID/stat: 1/100 s on all Linux that Go runs on.
const tick = 10 * time.Millisecond

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
		return 0, fmt.Errorf("%s says no port: %w", p.cmd.Path, err)
	}
	return port, nil
}

// spent is the processor time that the child has used.
func (p *process) spent() (time.Duration, error) { return spent(strconv.Itoa(p.cmd.Process.Pid)) }

// spent is the processor time that a process, or "self", has used.
func spent(pid string) (time.Duration, error) {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0, err
	}
	// utime and stime are fields 14 and 15; the second is a name in parentheses.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%s/stat is %q", pid, text)
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick, err
}
