package scale

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"gossiprpc/harness/scale/crowd"
	"gossiprpc/harness/usage"
	"gossiprpc/internal/gossip"
)

// process is a child whose standard input the run writes to.
type process struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader // nil: it goes to a file
	log  *os.File      // standard error; standard output too unless out is there
}

func (r *run) launch(ctx context.Context, name string, asked bool, program string, args ...string) (p *process, err error) {
	p = &process{name: name, cmd: exec.CommandContext(ctx, program, args...)}
	p.cmd.Dir = r.Dir
	p.cmd.Env = append([]string{"GOGC=" + gcPercent}, os.Environ()...) // another GOGC goes before it
	log, err := os.Create(filepath.Join(r.Dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", name, err), log.Close())
		}
	}()
	p.log, p.cmd.Stderr, p.cmd.Stdout = log, log, log
	if asked {
		p.cmd.Stdout = nil
		out, err := p.cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		p.out = bufio.NewReader(out)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	r.processes = append(r.processes, p)
	return p, nil
}

// gcPercent is memory for time: a node takes twice the memory, and the collector, which has the
// stacks of all connections to look at, runs a third as often.
const gcPercent = "300"

// kill ends a process and waits for it.
func (p *process) kill() error {
	_ = p.in.Close()
	_ = p.cmd.Process.Kill() // it may have ended
	var ended *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &ended) {
		return errors.Join(fmt.Errorf("%s: %w", p.name, err), p.log.Close())
	}
	return p.log.Close()
}

func (p *process) usage() (usage.Usage, error) {
	u, err := usage.Of(p.cmd.Process.Pid)
	if err != nil {
		err = fmt.Errorf("%s: %w", p.name, err)
	}
	return u, err
}

// ask gives an order and reads the answer.
func (p *process) ask(order string, answer *crowd.Summary) error {
	if _, err := io.WriteString(p.in, order+"\n"); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	text, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("%s has ended, see %s: %w", p.name, p.log.Name(), err)
	}
	return json.Unmarshal(text, answer)
}

// place is where a node is.
type place struct {
	crowd *process
	port  int
}

func (p place) address() gossip.Address { return crowd.Address(p.port) }

func (p place) start(seed gossip.Address) error {
	var done crowd.Summary
	return p.crowd.ask(fmt.Sprintf("start %d %s", p.port, seed), &done)
}

// kill ends nodes, those of one crowd at the same instant.
func kill(places []place) error {
	orders := map[*process]string{}
	var crowds []*process
	for _, p := range places {
		if orders[p.crowd] == "" {
			orders[p.crowd] = "kill"
			crowds = append(crowds, p.crowd)
		}
		orders[p.crowd] += " " + strconv.Itoa(p.port)
	}
	for _, c := range crowds {
		var done crowd.Summary
		if err := c.ask(orders[c], &done); err != nil {
			return err
		}
	}
	return nil
}
