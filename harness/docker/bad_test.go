package docker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"gossiprpc/harness"
	"gossiprpc/harness/live"
)

func TestNoEngine(t *testing.T) {
	b := Backend{Host: "unix:///nowhere/docker.sock"}
	if err := b.Available(t.Context()); !errors.Is(err, ErrNoEngine) {
		t.Errorf("got %v, want %v", err, ErrNoEngine)
	}
}

func TestEngineTooOld(t *testing.T) {
	for _, version := range []string{"1.39", "1.40"} {
		engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Api-Version", version)
		}))
		b := Backend{Host: "tcp://" + engine.Listener.Addr().String()}
		err := b.Available(t.Context())
		engine.Close()
		if !errors.Is(err, ErrEngineTooOld) || !strings.Contains(err.Error(), version) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("API %s: got %v, want one line of %v", version, err, ErrEngineTooOld)
		}
	}
}

func TestNoImage(t *testing.T) {
	b := backend(t)
	b.Image = "gossip-no-such-image"
	if err := b.Available(t.Context()); !errors.Is(err, ErrNoImage) {
		t.Errorf("got %v, want %v", err, ErrNoImage)
	}
}

func TestPrefixThatCannotBeAName(t *testing.T) {
	for _, prefix := range []string{"a.b", "-a", "a b", "ä"} {
		b := Backend{Prefix: prefix}
		if err := b.Available(t.Context()); err == nil || !strings.Contains(err.Error(), "prefix") {
			t.Errorf("%q: got %v, want an error about the prefix", prefix, err)
		}
	}
}

// A name that is taken is left to its owner, and nothing of ours stays.
func TestNameTaken(t *testing.T) {
	b := backend(t)
	b.Prefix = "gossip-taken-"
	engine, err := Dial(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	theirs, err := engine.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Name: "gossip-taken-node2", Config: &container.Config{Image: b.image()},
	})
	if err != nil {
		t.Fatal(err)
	}
	remove := func() {
		_, err = engine.ContainerRemove(context.Background(), theirs.ID, client.ContainerRemoveOptions{Force: true})
	}
	defer func() { remove() }()

	_, err = b.Start(t.Context(), specOf(3, t.TempDir()))
	if !errors.Is(err, ErrTaken) {
		t.Errorf("got %v, want %v", err, ErrTaken)
	}
	nothingLeft(t, engine, b.Prefix)
	var out bytes.Buffer
	if err := Clean(t.Context(), "", b.Prefix, &out); err != nil || out.Len() > 0 {
		t.Errorf("clean: %v, %s", err, out.String())
	}
	if remove(); err != nil {
		t.Errorf("a container of somebody else's is gone: %v", err)
	}
	remove = func() {}

	network, err := engine.NetworkCreate(t.Context(), "gossip-taken-network", client.NetworkCreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Start(t.Context(), specOf(3, t.TempDir())); !errors.Is(err, ErrTaken) {
		t.Errorf("got %v, want %v", err, ErrTaken)
	}
	if _, err := engine.NetworkRemove(t.Context(), network.ID, client.NetworkRemoveOptions{}); err != nil {
		t.Errorf("a network of somebody else's is gone: %v", err)
	}
}

func nothingLeft(t *testing.T, engine *client.Client, prefix string) {
	t.Helper()
	if left := ours(t, engine, prefix); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// ours lists the containers and networks of a prefix.
func ours(t *testing.T, engine *client.Client, prefix string) []string {
	t.Helper()
	var names []string
	filter := client.Filters{}.Add("label", Label+"="+prefix)
	containers, err := engine.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		names = append(names, c.Names...)
	}
	networks, err := engine.NetworkList(t.Context(), client.NetworkListOptions{Filters: filter})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range networks.Items {
		names = append(names, n.Name)
	}
	return names
}

// The containers of a harness that is killed go by themselves. The network it
// leaves is in nobody's way.
func TestHarnessCrashes(t *testing.T) {
	b := backend(t)
	b.Prefix = "gossip-crash-"
	engine, err := Dial(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	crash(t, b.Prefix)
	err = live.Poll(t.Context(), "the engine to remove the containers", func() (bool, error) {
		left := ours(t, engine, b.Prefix)
		return len(left) == 0 || len(left) == 1 && left[0] == b.Prefix+"network", nil
	})
	if err != nil {
		t.Errorf("%v: left are %v", err, ours(t, engine, b.Prefix))
	}
	c, err := b.Start(t.Context(), specOf(1, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	nothingLeft(t, engine, b.Prefix)

	crash(t, b.Prefix)
	if err := Clean(t.Context(), "", b.Prefix, t.Output()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, engine, b.Prefix)
}

// crash has a harness of its own start a cluster, and kills it.
func crash(t *testing.T, prefix string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashEnv+"="+prefix)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "started <nil>\n" {
		t.Errorf("the other harness says %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed
}

// A process that ends though nobody ended it ends the run.
func TestProcessEndsByItself(t *testing.T) {
	b := backend(t)
	c, err := b.Start(t.Context(), specOf(1, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Menu(t.Context(), "stop"); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for err == nil && time.Now().Before(deadline) {
		err = c.Wait(t.Context(), 20*time.Millisecond)
	}
	if !errors.Is(err, harness.ErrEnded) || !strings.Contains(err.Error(), "monitor") {
		t.Errorf("got %v, want that the monitor has ended", err)
	}
}
