package docker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"gossiprpc/harness/live"
	"gossiprpc/internal/gossip"
)

// A node whose container has less memory than strangers can make it use is ended by the
// kernel. The others find it dead, and nobody else; with more memory it comes back.
func TestOutOfMemory(t *testing.T) {
	b := backend(t)
	started, err := b.Start(t.Context(), specOf(5, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer started.Close()
	c := started.(*cluster)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	dead := func(want ...gossip.Address) {
		t.Helper()
		err := live.Poll(ctx, fmt.Sprintf("%v to be held dead", want), func() (bool, error) {
			_, dead, err := c.AliveDead(ctx)
			return slices.Equal(dead, want), err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err = live.Poll(ctx, "all to have joined", func() (bool, error) {
		missing, err := c.Joined(ctx)
		return len(missing) == 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
	node := c.processes["node3"]
	limit := func(mib int64) {
		t.Helper()
		_, err := c.engine.ContainerUpdate(ctx, node.container, client.ContainerUpdateOptions{
			Resources: &container.Resources{Memory: mib << 20, MemorySwap: mib << 20},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(40)
	flood(ctx, t, c, node)
	if said := c.status(ctx, node.running); said != "exit status 137" {
		t.Errorf("node3: %s, want that the kernel has killed it", said)
	}
	if err := c.Kill(ctx, "node3"); err != nil { // so that nobody wonders why it has ended
		t.Fatal(err)
	}
	dead(c.Address("node3"))
	limit(500)
	if err := c.Restart(ctx, "node3"); err != nil {
		t.Fatal(err)
	}
	dead()
}

// flood sends large calls to a process, whose ends never come, until it has ended.
func flood(ctx context.Context, t *testing.T, c *cluster, p *process) {
	t.Helper()
	found, err := c.engine.ContainerInspect(ctx, p.container, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	address := ""
	for _, n := range found.Container.NetworkSettings.Networks {
		address = fmt.Sprintf("http://%s:%d/RPC2", n.IPAddress, p.port)
	}
	ctx, stop := context.WithCancel(ctx)
	var calls sync.WaitGroup
	defer calls.Wait()
	defer stop()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for range 10 {
		calls.Go(func() {
			for ctx.Err() == nil {
				body := io.MultiReader(
					bytes.NewReader([]byte(`<?xml version="1.0"?><methodCall><methodName>acceptAck</methodName><params><param><value><string>`)),
					bytes.NewReader(bytes.Repeat([]byte("x"), 14<<20)))
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, io.NopCloser(body))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "text/xml")
				r.ContentLength = 15 << 20
				if answer, err := transport.RoundTrip(r); err == nil {
					_ = answer.Body.Close() // what it says does not matter
				}
			}
		})
	}
	select {
	case <-p.running.ended:
	case <-ctx.Done():
		t.Fatal("the node does not run out of memory")
	}
}
