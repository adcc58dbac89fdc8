package keeper

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The test binary plays the other processes when this variable says so.
const roleVariable = "KEEPER_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "keeper":
		if err := Serve(os.Stdin, os.Stdout, false); err != nil {
			os.Exit(1)
		}
	case "harness":
		playHarness()
	case "node":
		playNode()
	default:
		os.Exit(m.Run())
	}
}

// playNode connects to the test, so that the test sees its end as the end of
// the connection, and tells it what it reads.
func playNode() {
	conn, err := net.Dial("tcp", os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	fmt.Println("started")
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		<-interrupts
		fmt.Fprintln(conn, "interrupted")
		os.Exit(7)
	}()
	fmt.Fprintln(conn, os.Args[2])
	_, _ = io.Copy(conn, os.Stdin)
	select {}
}

// playHarness starts a keeper and two nodes and then does nothing more.
func playHarness() {
	os.Setenv(roleVariable, "keeper")
	c, err := Launch(os.Args[0], os.Environ())
	if err != nil {
		os.Exit(1)
	}
	for _, id := range []string{"a", "b"} {
		if err := c.Start(context.Background(), id, node(os.Args[1], id, os.Args[2])); err != nil {
			os.Exit(1)
		}
	}
	select {}
}

func node(listener, id, dir string) Process {
	return Process{
		Path: os.Args[0], Args: []string{listener, id}, Dir: dir, Env: []string{roleVariable + "=node"},
		Stdout: filepath.Join(dir, id+".out"), Stderr: filepath.Join(dir, id+".log"),
	}
}

// world is a listener that the nodes connect to.
type world struct {
	net.Listener
	dir string
}

func newWorld(t *testing.T) world {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return world{l, t.TempDir()}
}

// accept answers the connection of the next node that starts, and its name.
func (w world) accept(t *testing.T) (*bufio.Reader, string) {
	t.Helper()
	if err := w.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	conn, err := w.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	return r, line(t, r)
}

func line(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	s, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("read from node: %v", err)
	}
	return strings.TrimSpace(s)
}

func mustEnd(t *testing.T, r *bufio.Reader) {
	t.Helper()
	_, err := r.ReadString('\n')
	var late net.Error
	if err == nil || errors.As(err, &late) && late.Timeout() {
		t.Errorf("the node lives on: %v", err)
	}
}

func launch(t *testing.T) *Client {
	t.Helper()
	t.Setenv(roleVariable, "keeper")
	c, err := Launch(os.Args[0], os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestProcessesEndWithAKilledHarness(t *testing.T) {
	w := newWorld(t)
	harness := exec.Command(os.Args[0], w.Addr().String(), w.dir)
	harness.Env = append(os.Environ(), roleVariable+"=harness")
	if err := harness.Start(); err != nil {
		t.Fatal(err)
	}
	a, _ := w.accept(t)
	b, _ := w.accept(t)
	if err := harness.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, a)
	mustEnd(t, b)
	_ = harness.Wait() // killed, as it should be
}

func TestClose(t *testing.T) {
	w := newWorld(t)
	c := launch(t)
	if err := c.Start(t.Context(), "a", node(w.Addr().String(), "a", w.dir)); err != nil {
		t.Fatal(err)
	}
	a, _ := w.accept(t)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	mustEnd(t, a)
	if !c.Gone() {
		t.Error("the keeper is not gone after Close")
	}
	if err := c.Signal(t.Context(), Kill, "a"); !errors.Is(err, ErrGone) {
		t.Errorf("an order after Close: %v, want %v", err, ErrGone)
	}
}

func TestOrders(t *testing.T) {
	w := newWorld(t)
	c := launch(t)
	start := func() *bufio.Reader {
		t.Helper()
		if err := c.Start(t.Context(), "a", node(w.Addr().String(), "a", w.dir)); err != nil {
			t.Fatal(err)
		}
		r, _ := w.accept(t)
		return r
	}
	a := start()
	if err := c.Start(t.Context(), "a", node(w.Addr().String(), "a", w.dir)); err == nil {
		t.Error("starting a process twice went well")
	}
	if err := c.Type(t.Context(), "a", "menu 1\n"); err != nil {
		t.Error(err)
	}
	if got := line(t, a); got != "menu 1" {
		t.Errorf("the node read %q, want %q", got, "menu 1")
	}
	if _, ended := c.Ended("a"); ended {
		t.Error("a running process is said to have ended")
	}
	if err := c.Signal(t.Context(), Kill, "a", "nobody"); err == nil ||
		!strings.Contains(err.Error(), "nobody is not running") {
		t.Errorf("kill of nobody: %v", err)
	}
	mustEnd(t, a)
	if err := c.WaitEnded(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if status, _ := c.Ended("a"); runtime.GOOS != "windows" && !strings.Contains(status, "killed") {
		t.Errorf("status %q, want one that says killed", status)
	}
	a = start()
	if _, ended := c.Ended("a"); ended {
		t.Error("the second process has the end of the first")
	}
	text, err := os.ReadFile(filepath.Join(w.dir, "a.out"))
	if err != nil || string(text) != "started\nstarted\n" {
		t.Errorf("standard output %q, %v, want both starts", text, err)
	}
	if err := c.Signal(t.Context(), "dance", "a"); err == nil {
		t.Error("an unknown signal went well")
	}
	if runtime.GOOS == "windows" {
		if err := c.Signal(t.Context(), Interrupt, "a"); !errors.Is(err, ErrUnsupported) {
			t.Errorf("interrupt: %v, want %v", err, ErrUnsupported)
		}
		return
	}
	for _, s := range []string{Stop, Continue, Interrupt} {
		if err := c.Signal(t.Context(), s, "a"); err != nil {
			t.Error(err)
		}
	}
	if got := line(t, a); got != "interrupted" {
		t.Errorf("the node said %q, want %q", got, "interrupted")
	}
	if err := c.WaitEnded(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if status, _ := c.Ended("a"); status != "exit status 7" {
		t.Errorf("status %q, want exit status 7", status)
	}
}

func TestStartOfNothing(t *testing.T) {
	c := launch(t)
	dir := t.TempDir()
	p := Process{
		Path: filepath.Join(dir, "missing"), Dir: dir, Stdout: filepath.Join(dir, "o"),
		Stderr: filepath.Join(dir, "e"),
	}
	if err := c.Start(t.Context(), "a", p); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("start of a missing program: %v", err)
	}
	if _, err := Launch(filepath.Join(dir, "missing"), nil); err == nil {
		t.Error("a missing keeper was launched")
	}
}
