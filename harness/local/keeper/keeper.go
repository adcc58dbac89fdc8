// Package keeper owns the processes of a local cluster, in a process of its
// own. When the harness ends, however it ends, the keeper's standard input
// closes, and the keeper kills what it owns. No window is left in which a
// process has been started but nobody would end it, and it works the same on
// every system.
//
// Requests go in, one JSON value each; out come a reply to each request and a
// notice of each process that has ended.
package keeper

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// Operations of a [Request].
const (
	OpStart  = "start"
	OpSignal = "signal"
	OpType   = "type"
)

// Signals that a [Request] can send. Windows has only Kill.
const (
	Kill      = "kill"
	Interrupt = "interrupt"
	Stop      = "stop"
	Continue  = "continue"
)

// Request is one order to the keeper.
type Request struct {
	Seq    int      `json:"seq"` // comes back in the reply
	Op     string   `json:"op"`
	IDs    []string `json:"ids"`              // processes meant; the starter names them
	Start  *Process `json:"start,omitempty"`  // for OpStart
	Signal string   `json:"signal,omitempty"` // for OpSignal
	Text   string   `json:"text,omitempty"`   // for OpType
}

// Process says what to start.
type Process struct {
	Path   string   `json:"path"`
	Args   []string `json:"args"`
	Dir    string   `json:"dir"`
	Env    []string `json:"env"`    // added to the keeper's own
	Stdout string   `json:"stdout"` // file to append to
	Stderr string   `json:"stderr"` // file to append to
}

// Reply answers a request, or, with Seq 0, tells of an end.
type Reply struct {
	Seq         int    `json:"seq"`
	PID         int    `json:"pid,omitempty"` // of the process that was started
	Error       string `json:"error,omitempty"`
	Unsupported bool   `json:"unsupported,omitempty"` // this system has no such signal
	Ended       *Ended `json:"ended,omitempty"`
}

// Ended is the end of a process.
type Ended struct {
	ID     string `json:"id"`
	Run    int    `json:"run"`    // 1 for the first process of that id
	Status string `json:"status"` // such as "exit status 1" or "signal: killed"
}

var errUnsupported = errors.New("this system has no such signal")

// Serve carries out requests from in until it ends, then kills every process
// that is left and waits for them. It starts processes on the goroutine that
// called it; when that is locked to the main thread and tied is true, the
// system kills them too should the keeper itself be killed (Linux only).
func Serve(in io.Reader, out io.Writer, tied bool) error {
	k := &keeper{
		out:   json.NewEncoder(out),
		tied:  tied,
		alive: map[string]*child{},
		runs:  map[string]int{},
	}
	requests := json.NewDecoder(in)
	for {
		var r Request
		err := requests.Decode(&r)
		if err != nil {
			k.killAll()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read request: %w", err)
		}
		reply := Reply{Seq: r.Seq}
		if reply.PID, err = k.do(r); err != nil {
			reply.Error = err.Error()
			reply.Unsupported = errors.Is(err, errUnsupported)
		}
		k.send(reply)
	}
}

type keeper struct {
	tied bool
	wait sync.WaitGroup

	mu    sync.Mutex // guards the rest
	out   *json.Encoder
	alive map[string]*child
	runs  map[string]int
}

type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

func (k *keeper) send(r Reply) {
	k.mu.Lock()
	defer k.mu.Unlock()
	_ = k.out.Encode(r) // a harness that is gone reads no replies
}

// do carries a request out, and returns the id that the system gave to what it started.
func (k *keeper) do(r Request) (pid int, err error) {
	if r.Op != OpStart {
		return 0, k.reach(r)
	}
	if len(r.IDs) != 1 || r.Start == nil {
		return 0, errors.New("start: want one id and what to start")
	}
	return k.start(r.IDs[0], *r.Start)
}

// reach does something to processes that run.
func (k *keeper) reach(r Request) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for _, id := range r.IDs {
		c, ok := k.alive[id]
		if !ok {
			errs = append(errs, fmt.Errorf("%s is not running", id))
			continue
		}
		var err error
		switch r.Op {
		case OpSignal:
			err = send(c.cmd.Process, r.Signal)
		case OpType:
			_, err = io.WriteString(c.stdin, r.Text)
		default:
			err = fmt.Errorf("unknown operation %q", r.Op)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", r.Op, id, err))
		}
	}
	return errors.Join(errs...)
}

func (k *keeper) start(id string, p Process) (pid int, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.alive[id]; ok {
		return 0, fmt.Errorf("start %s: it is running", id)
	}
	stdout, err := appendTo(p.Stdout)
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", id, err)
	}
	defer stdout.Close()
	stderr, err := appendTo(p.Stderr)
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", id, err)
	}
	defer stderr.Close()
	cmd := exec.Command(p.Path, p.Args...) //nolint:noctx // it ends when it is told to
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, stdout, stderr
	cmd.Env = append(os.Environ(), p.Env...)
	if k.tied {
		tie(cmd)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", id, err)
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start %s: %w", id, err)
	}
	c := &child{cmd: cmd, stdin: stdin}
	k.alive[id] = c
	k.runs[id]++
	run := k.runs[id]
	k.wait.Go(func() {
		_ = cmd.Wait() // the process state says it all
		k.mu.Lock()
		delete(k.alive, id)
		k.mu.Unlock()
		k.send(Reply{Ended: &Ended{ID: id, Run: run, Status: cmd.ProcessState.String()}})
	})
	return cmd.Process.Pid, nil
}

func (k *keeper) killAll() {
	k.mu.Lock()
	for _, c := range k.alive {
		_ = c.cmd.Process.Kill() // it may have ended just now
	}
	k.mu.Unlock()
	k.wait.Wait()
}

func appendTo(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}
