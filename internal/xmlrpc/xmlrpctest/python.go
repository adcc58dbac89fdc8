// Package xmlrpctest lets tests ask Python's xmlrpc, which the wire format is
// held to, and Ruby's. In go documents, values and calls, out comes what these
// make of them.
package xmlrpctest

import (
	"bufio"
	"context"
	_ "embed" // the Python sides
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

//go:embed referee.py
var refereeScript string

//go:embed server.py
var serverScript string

// python starts a script whose standard input is the caller's to close: each
// script ends then, so a killed test leaves no process behind.
func python(tb testing.TB, script string, args ...string) (io.WriteCloser, *bufio.Reader) {
	tb.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") != "" {
			tb.Fatal("CI is set and python3 is missing: ", err)
		}
		tb.Skip("needs python3: ", err)
	}
	return start(tb, path, append([]string{"-u", "-c", script}, args...)...)
}

// start runs a program that ends when its standard input does.
func start(tb testing.TB, path string, args ...string) (io.WriteCloser, *bufio.Reader) {
	tb.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), path, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			tb.Errorf("%s: %v", path, err)
		}
	})
	return in, bufio.NewReaderSize(out, 1<<16)
}

// peer is a script that answers each line of JSON with one.
type peer struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

func (p *peer) ask(tb testing.TB, question, answer any) {
	tb.Helper()
	b, err := json.Marshal(question)
	if err != nil {
		tb.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		tb.Fatal("ask the peer: ", err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		tb.Fatal("the peer answered: ", err)
	}
	if err := json.NewDecoder(strings.NewReader(line)).Decode(answer); err != nil {
		tb.Fatalf("the peer answered %q: %v", line, err)
	}
}
