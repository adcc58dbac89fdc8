package relay_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/harness/local/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cluster is callers, and processes that answer with what they are sent.
type cluster struct {
	t       *testing.T
	network *relay.Network
	public  map[string]string

	mu     sync.Mutex
	served map[string]int // calls, by who was called
}

const hold = 300 * time.Millisecond

func newCluster(t *testing.T, processes ...relay.Process) *cluster {
	t.Helper()
	c := &cluster{t: t, public: map[string]string{}, served: map[string]int{}}
	c.network = relay.New(hold, 7)
	t.Cleanup(c.network.Close)
	for _, p := range processes {
		l, err := net.Listen("tcp", net.JoinHostPort(addressOf(p.Name), "0"))
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{ReadHeaderTimeout: long, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.mu.Lock()
			c.served[p.Name]++
			c.mu.Unlock()
			_, _ = io.Copy(w, r.Body)
		})}
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(l) })
		t.Cleanup(func() { _ = server.Close(); serving.Wait() })
		p.Own, p.Public = l.Addr().String(), free(t)
		if err := c.network.Relay(p); err != nil {
			t.Fatal(err)
		}
		c.public[p.Name] = p.Public
	}
	return c
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// addressOf is the IP address of a process, and of the test's own callers.
func addressOf(name string) string {
	return map[string]string{"node1": "127.0.1.1", "node2": "127.0.1.2", "monitor": "127.0.2.1"}[name]
}

// client makes calls in a process's name, over kept connections; without a name from
// somewhere else.
func (c *cluster) client(name string) *http.Client {
	from := &net.Dialer{}
	if name != "" {
		from.LocalAddr = &net.TCPAddr{IP: net.ParseIP(addressOf(name))}
	}
	transport := &http.Transport{DialContext: from.DialContext}
	c.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// call calls a process and waits for as long as given.
func (c *cluster) call(from *http.Client, to string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	const said = "hello, who is there?"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.public[to], strings.NewReader(said))
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := from.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if text, err := io.ReadAll(answer.Body); err != nil || string(text) != said {
		c.t.Errorf("answered %q, %v", text, err)
	}
	return nil
}

const (
	soon = 200 * time.Millisecond // for calls that are not answered
	long = time.Minute
)

// A partition holds what passes between its sides, on connections that there are and on new
// ones, and nothing else. When it ends, who still waits is answered.
func TestPartition(t *testing.T) {
	c := newCluster(t, relay.Process{Name: "node1", Node: true}, relay.Process{Name: "node2", Node: true})
	one, two, outside := c.client("node1"), c.client("node2"), c.client("")
	for _, from := range []*http.Client{one, two, outside} {
		if err := errors.Join(c.call(from, "node1", long), c.call(from, "node2", long)); err != nil {
			t.Fatal(err)
		}
	}
	c.network.Partition(map[string]int{"node2": 1})
	for _, from := range []*http.Client{one, c.client("node1")} {
		if err := c.call(from, "node2", soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("into the other side: %v", err)
		}
	}
	if err := c.call(two, "node1", soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("out of the other side: %v", err)
	}
	if err := errors.Join(c.call(one, "node1", long), c.call(two, "node2", long), c.call(outside, "node2", long)); err != nil {
		t.Errorf("on one side, and from outside: %v", err)
	}
	c.mu.Lock()
	served := c.served["node2"]
	c.mu.Unlock()
	waits := make(chan error)
	go func() { waits <- c.call(one, "node2", long) }()
	select {
	case err := <-waits:
		t.Errorf("answered during the partition: %v", err)
	case <-time.After(soon):
	}
	c.network.Partition(nil)
	if err := <-waits; err != nil {
		t.Errorf("after the partition: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := c.served["node2"] - served; got != 1 {
		t.Errorf("%d calls arrived after the partition, want the one that was waited for", got)
	}
}

// A cut of one way keeps calls from arriving, and answers to calls the other way; nothing else.
func TestCut(t *testing.T) {
	c := newCluster(t, relay.Process{Name: "node1", Node: true}, relay.Process{Name: "node2", Node: true},
		relay.Process{Name: "monitor"})
	one, two := c.client("node1"), c.client("node2")
	served := func(name string) int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.served[name]
	}
	c.network.Cut("node1", "node2")
	before := [2]int{served("node1"), served("node2")}
	if err := c.call(one, "node2", soon); !errors.Is(err, context.DeadlineExceeded) || served("node2") != before[1] {
		t.Errorf("a call over the cut: %v, %d arrived", err, served("node2")-before[1])
	}
	if err := c.call(two, "node1", soon); !errors.Is(err, context.DeadlineExceeded) || served("node1") != before[0]+1 {
		t.Errorf("a call whose answer is cut: %v, %d arrived, want it, and no answer", err, served("node1")-before[0])
	}
	if err := errors.Join(c.call(one, "monitor", long), c.call(two, "monitor", long), c.call(c.client(""), "node2", long)); err != nil {
		t.Errorf("other links: %v", err)
	}
	c.network.Mend()
	if err := errors.Join(c.call(one, "node2", long), c.call(two, "node1", long)); err != nil {
		t.Errorf("after the cut: %v", err)
	}
}

// Messages between nodes are lost at the given share, each on its own, also where one
// connection carries many; the monitor's are not.
func TestLoss(t *testing.T) {
	c := newCluster(t, relay.Process{Name: "node1", Node: true}, relay.Process{Name: "monitor"})
	from := c.client("node1")
	c.network.Lose(1)
	if err := c.call(from, "node1", long); err == nil {
		t.Error("a lost message was answered")
	}
	if err := errors.Join(c.call(from, "monitor", long), c.call(c.client("monitor"), "node1", long), c.call(c.client(""), "node1", long)); err != nil {
		t.Errorf("not between nodes: %v", err)
	}
	const share, calls = 0.3, 200
	c.network.Lose(share)
	var mu sync.Mutex
	lost := 0
	var all sync.WaitGroup
	for range 10 {
		client := c.client("node1")
		all.Go(func() {
			for range calls / 10 {
				if err := c.call(client, "node1", long); err != nil {
					mu.Lock()
					lost++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	// The bound is five standard deviations.
	if off := math.Abs(float64(lost) - share*calls); off > 5*math.Sqrt(share*(1-share)*calls) {
		t.Errorf("%d of %d messages were lost, want about %g", lost, calls, share*calls)
	}
	c.network.Lose(0)
	if err := c.call(from, "node1", long); err != nil {
		t.Errorf("after the loss: %v", err)
	}
}

// When a caller ends its connection, the relay ends its own: the process does not keep it.
func TestConnectionsEndWithTheirCallers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.1.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	network := relay.New(hold, 7)
	defer network.Close()
	p := relay.Process{Name: "node1", Public: free(t), Own: l.Addr().String()}
	if err := network.Relay(p); err != nil {
		t.Fatal(err)
	}
	front, err := net.Dial("tcp", p.Public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := front.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	back, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = back.Close() }()
	if err := errors.Join(front.Close(), back.SetReadDeadline(time.Now().Add(long))); err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(back); err != nil || string(said) != "hello" {
		t.Errorf("the process hears %q, then %v, want the end", said, err)
	}
}

// Who is not there refuses: it is not waited for.
func TestRefusal(t *testing.T) {
	network := relay.New(hold, 7)
	defer network.Close()
	p := relay.Process{Name: "node1", Public: free(t), Own: free(t)}
	if err := network.Relay(p); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Public, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := http.DefaultClient.Do(r); err == nil {
		_ = answer.Body.Close()
		t.Error("answered")
	} else if ctx.Err() != nil {
		t.Errorf("no refusal: %v", err)
	}
	if err := network.Relay(p); err == nil {
		t.Error("two relays at one address")
	}
}
