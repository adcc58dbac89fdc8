package attacks

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gossiprpc/harness/local"
	"gossiprpc/internal/xmlrpc"
)

// patience is how long a condition may take on a slow machine.
const patience = time.Minute

var build = sync.OnceValues(func() (string, error) { return local.Build(context.Background()) })

// process is one of ours under attack.
type process struct {
	address string
	pid     int
	exited  chan error
	stdin   io.Writer
	stdout  string // the file that has what it prints
}

// start runs a program until the test's end. shell is put before it, such as a limit.
func start(t *testing.T, shell, program string, args ...string) process {
	t.Helper()
	if testing.Short() {
		t.Skip("runs real processes")
	}
	dir, err := build()
	if err != nil {
		t.Fatal(err)
	}
	ports, err := local.FreePorts(t.Context(), 1) // none that a connection could be given meanwhile
	if err != nil {
		t.Fatal(err)
	}
	port := ports[0]
	args = append([]string{"--port", strconv.Itoa(port), "--advertise", "127.0.0.1"}, args...)
	script := append([]string{"-c", shell + ` exec "$0" "$@"`, filepath.Join(dir, program)}, args...)
	cmd := exec.CommandContext(t.Context(), "/bin/sh", script...)
	cmd.Dir = t.TempDir()
	stdin, err := cmd.StdinPipe() // stays open: a menu whose input ends is another matter
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := process{
		address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), pid: cmd.Process.Pid, exited: make(chan error, 1),
		stdin: stdin, stdout: stdout.Name(),
	}
	listening := make(chan struct{})
	go func() {
		for s := bufio.NewScanner(stderr); s.Scan(); {
			if strings.HasPrefix(s.Text(), "listening on ") {
				close(listening)
			}
		}
		p.exited <- cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		t.Logf("%s ended: %v", cmd.Path, <-p.exited)
		_ = stdin.Close()
		if err := stdout.Close(); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-listening:
	case err := <-p.exited:
		p.exited <- err
		t.Fatalf("%s ended: %v", program, err)
	case <-time.After(patience):
		t.Fatalf("%s does not listen", program)
	}
	return p
}

// peak is the most memory that the process has had, in bytes. Only what the kernel
// counts is counted.
func (p process) peak(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "VmHWM:" {
			kb, err := strconv.ParseInt(words[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("the kernel tells no peak")
	return 0
}

// holds fails the test if the process took more than so many MB, or does not answer.
func (p process) holds(t *testing.T, mb int64) {
	t.Helper()
	if took := p.peak(t) >> 20; took > mb {
		t.Errorf("it took %d MB, want at most %d", took, mb)
	} else {
		t.Logf("it took %d MB of %d", took, mb)
	}
	if _, err := p.ask(t, "no.such.method"); err == nil || !strings.Contains(err.Error(), "is not supported") {
		t.Errorf("afterwards it answers %v", err)
	}
}

func (p process) ask(t *testing.T, method string, args ...xmlrpc.Value) (xmlrpc.Value, error) {
	t.Helper()
	o := xmlrpc.DefaultClientOptions()
	o.Timeout = patience
	c, err := xmlrpc.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.Call(t.Context(), p.address, method, args...)
}

// post sends a document and returns the answer's status and text.
func (p process) post(t *testing.T, document []byte, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.address+"/RPC2", bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/xml")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

// packed is a document as gzip has it.
func packed(t *testing.T, document []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(document)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
