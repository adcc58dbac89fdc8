package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// shell is the bash that a container runs. It takes commands on its standard
// input. Over a connection that is open already this costs the engine nothing,
// where an exec takes some 100 ms: a kill must come at once, and several kills
// together.
type shell struct {
	conn  client.HijackedResponse
	asked int

	mu    sync.Mutex
	said  bytes.Buffer  // what has been printed since the last answer
	news  chan struct{} // holds one when said has grown
	ended chan struct{} // closed at the end of the output
}

// attach connects to a container that is yet to be started.
func (s *shell) attach(ctx context.Context, engine *client.Client, id string, readers *sync.WaitGroup) error {
	attached, err := engine.ContainerAttach(ctx, id, client.ContainerAttachOptions{
		Stream: true, Stdin: true,
		Stdout: true, Stderr: true,
	})
	if err != nil {
		return err
	}
	s.conn = attached.HijackedResponse
	s.news, s.ended = make(chan struct{}, 1), make(chan struct{})
	readers.Go(func() {
		defer close(s.ended)
		_, _ = stdcopy.StdCopy(s, io.Discard, s.conn.Reader) // broken off is an end like any other
	})
	return nil
}

// Write takes what the shell prints.
func (s *shell) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
	return s.said.Write(b)
}

// send types a line and waits for nothing.
func (s *shell) send(line string) error {
	if s.conn.Conn == nil {
		return errors.New("the container was never started")
	}
	_, err := io.WriteString(s.conn.Conn, line+"\n")
	return err
}

// ask types a line and returns what it printed when it has ended. It may be called
// again after an error: late output is not mistaken for that of another line.
func (s *shell) ask(ctx context.Context, line string) ([]byte, error) {
	s.asked++
	begin, end := fmt.Sprintf("<%d<\n", s.asked), fmt.Sprintf(">%d>\n", s.asked)
	if err := s.send(fmt.Sprintf("echo '<%d<'; %s; echo '>%d>'", s.asked, line, s.asked)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if answer, ok := s.between(begin, end); ok {
			return answer, nil
		}
		select {
		case <-s.news:
		case <-s.ended:
			return nil, errors.New("the container's shell has ended")
		case <-ctx.Done():
			return nil, fmt.Errorf("the container's shell does not answer: %w", ctx.Err())
		}
	}
}

func (s *shell) between(begin, end string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, rest, ok := bytes.Cut(s.said.Bytes(), []byte(begin))
	if !ok {
		return nil, false
	}
	answer, _, ok := bytes.Cut(rest, []byte(end))
	if !ok {
		return nil, false
	}
	answer = bytes.Clone(answer)
	s.said.Reset() // nothing is asked before the last one is answered or given up
	return answer, true
}

// close ends the shell's input, and by that the shell.
func (s *shell) close() {
	if s.conn.Conn != nil {
		s.conn.Close()
	}
}
