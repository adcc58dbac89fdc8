package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

// openLab runs a lab in virtual time, and returns its page's address.
func openLab(t *testing.T) string {
	t.Helper()
	return openLabOn(t, sim.Backend{Live: true})
}

func openLabOn(t *testing.T, b harness.Backend) string {
	t.Helper()
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Nodes, o.Speed, o.Seed, o.Runs = b, "rr", 5, 20, 3, t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	ended, addresses := make(chan error, 1), make(chan string, 1)
	go func() { ended <- Run(ctx, o, true, func(a string) { addresses <- a }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the lab ended with %v", err)
		}
	})
	select {
	case a := <-addresses:
		return a
	case err := <-ended:
		t.Fatalf("the lab has not begun: %v", err)
	}
	return ""
}

// tell posts an act and returns the answer.
func tell(t *testing.T, address, token, origin, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"act", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Lab-Token", token)
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(all)
}

func tokenOf(address string) string {
	parts := strings.Split(strings.TrimSuffix(address, "/"), "/")
	return parts[len(parts)-1]
}

// events reads a lab's stream.
type events struct {
	t     *testing.T
	lines *bufio.Scanner
}

func watchLab(t *testing.T, address string) *events {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = answer.Body.Close()
	})
	return &events{t, bufio.NewScanner(answer.Body)}
}

// await reads on until an event holds a text.
func (e *events) await(want string) {
	e.t.Helper()
	for e.lines.Scan() {
		if strings.Contains(e.lines.Text(), want) {
			return
		}
	}
	e.t.Fatalf("the stream ended before %s: %v", want, e.lines.Err())
}

// TestNodeKilledOnThePageIsFoundDead kills a node, watches the verdict come about, and
// runs what was done again as a script.
func TestNodeKilledOnThePageIsFoundDead(t *testing.T) {
	address := openLab(t)
	token := tokenOf(address)
	page := get(t, address)
	for _, want := range []string{`"act":"act"`, token, `"sse":"events"`, `"name":"single"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in the page", want)
		}
	}
	e := watchLab(t, address)
	e.await(`"k":"run","version":1,"source":"live","protocol":"rr"`)
	e.await(`"k":"voice","node":4,"eligible":true`)
	if status, text := tell(t, address, token, "", `{"do":"kill","nodes":["node5"]}`); status != http.StatusOK {
		t.Fatalf("kill: %d %s", status, text)
	}
	e.await(`"k":"act","what":"kill","nodes":[4]`)
	e.await(`"how":"refused"`)
	e.await(`"k":"opinion"`)
	e.await(`"k":"verdict","node":4,"failed":true`)
	script := get(t, address+"script.txt")
	if !strings.HasPrefix(script, "cluster 5 rr seed=3\nsleep ") || !strings.HasSuffix(script, "\nkill node5\n") {
		t.Errorf("what was done is:\n%s", script)
	}
	if status, text := tell(t, address, token, "", `{"do":"new","protocol":"brr","nodes":4}`); status != http.StatusOK {
		t.Fatalf("new: %d %s", status, text)
	}
	e.await(`"k":"end-of-run"`)
	e.await(`"source":"live","protocol":"brr"`)
	again, err := json.Marshal(map[string]string{
		"do": "script", "text": script + "await dead node5 within 60s\nexpect dead node5\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if status, text := tell(t, address, token, "", string(again)); status != http.StatusOK {
		t.Fatalf("script: %d %s", status, text)
	}
	e.await(`"protocol":"rr"`)
	e.await(`"k":"verdict","node":4,"failed":true`)
	e.await(`"k":"end-of-run","verdict":"pass"`)
}

// limited is a backend that cannot do everything.
type limited struct {
	harness.Backend
	cannot []string
}

func (l limited) Cannot() []string { return l.cannot }

func TestActsABackendHas(t *testing.T) {
	for _, c := range []struct {
		backend harness.Backend
		missing []string
	}{
		{sim.Backend{}, nil},
		{limited{cannot: []string{"partition", "loss"}}, []string{"partition", "heal", "loss"}},
		{limited{cannot: []string{"loss"}}, []string{"loss"}},
	} {
		got := actsOn(c.backend)
		for _, act := range acts {
			if slices.Contains(got, act) == slices.Contains(c.missing, act) {
				t.Errorf("%v has %v, want all but %v", c.backend, got, c.missing)
			}
		}
	}
}

// One more node joins under the name that the harness gives it, and can be acted on like
// any other; what was done is a script that does it again.
func TestOneMoreNode(t *testing.T) {
	address := openLab(t)
	token := tokenOf(address)
	e := watchLab(t, address)
	e.await(`"k":"voice","node":4,"eligible":true`)
	if status, text := tell(t, address, token, "", `{"do":"add"}`); status != http.StatusOK {
		t.Fatalf("add: %d %s", status, text)
	}
	e.await(`"k":"act","what":"add"`)
	e.await(`"name":"node6"`)
	e.await(`"k":"start","who":"node6","node":5,"life":1`)
	e.await(`"k":"voice","node":5,"eligible":true`)
	if status, text := tell(t, address, token, "", `{"do":"kill","nodes":["node6"]}`); status != http.StatusOK {
		t.Fatalf("kill: %d %s", status, text)
	}
	e.await(`"k":"act","what":"kill","nodes":[5]`)
	e.await(`"k":"verdict","node":5,"failed":true`)
	script := get(t, address+"script.txt")
	if !strings.Contains(script, "\nadd\nsleep ") || !strings.HasSuffix(script, "\nkill node6\n") {
		t.Errorf("what was done is:\n%s", script)
	}
}

// A lab has as many nodes as can be followed, and says so.
func TestNoMoreNodesThanCanBeFollowed(t *testing.T) {
	address := openLab(t)
	token := tokenOf(address)
	e := watchLab(t, address)
	e.await(`"k":"start","who":"node5"`)
	for i := 6; i <= MostNodes; i++ {
		if status, text := tell(t, address, token, "", `{"do":"add"}`); status != http.StatusOK {
			t.Fatalf("node%d: %d %s", i, status, text)
		}
	}
	status, text := tell(t, address, token, "", `{"do":"add"}`)
	if status != http.StatusConflict || !strings.Contains(text, "there are 64 nodes") {
		t.Errorf("one node too many: %d %s", status, text)
	}
}

// brittle is a backend whose clusters break down once told to.
type brittle struct {
	sim.Backend
	broken *atomic.Bool
}

type brittleCluster struct {
	harness.Cluster
	broken *atomic.Bool
}

func (b brittle) Start(ctx context.Context, spec harness.ClusterSpec) (harness.Cluster, error) {
	c, err := b.Backend.Start(ctx, spec)
	return brittleCluster{c, b.broken}, err
}

func (c brittleCluster) Wait(ctx context.Context, d time.Duration) error {
	if c.broken.Load() {
		return errors.New("node3 has ended by itself")
	}
	return c.Cluster.Wait(ctx, d)
}

func TestClusterThatBreaksDownIsToldAndReplaced(t *testing.T) {
	var broken atomic.Bool
	address := openLabOn(t, brittle{sim.Backend{Live: true}, &broken})
	e := watchLab(t, address)
	e.await(`"k":"voice"`)
	broken.Store(true)
	e.await(`"text":"the cluster has broken down: node3 has ended by itself`)
	if status, text := tell(t, address, tokenOf(address), "", `{"do":"heal"}`); status != http.StatusConflict ||
		!strings.Contains(text, "start a new one") {
		t.Errorf("heal: %d %s", status, text)
	}
	broken.Store(false)
	if status, text := tell(t, address, tokenOf(address), "", `{"do":"new"}`); status != http.StatusOK {
		t.Fatalf("new: %d %s", status, text)
	}
	e.await(`"k":"run"`)
	e.await(`"k":"voice"`)
}

func TestActsThatAreRefused(t *testing.T) {
	address := openLab(t)
	token := tokenOf(address)
	watchLab(t, address).await(`"k":"voice"`)
	for _, c := range []struct {
		token, origin, body string
		status              int
		want                string
	}{
		{"", "", `{"do":"heal"}`, http.StatusForbidden, "X-Lab-Token"},
		{token + "x", "", `{"do":"heal"}`, http.StatusForbidden, "X-Lab-Token"},
		{token, "http://evil.example", `{"do":"heal"}`, http.StatusForbidden, "evil.example"},
		{token, "null", `{"do":"heal"}`, http.StatusForbidden, "null"},
		{token, "", `{`, http.StatusBadRequest, "act: "},
		{token, "", `{"do":"heal","force":true}`, http.StatusBadRequest, "force"},
		{token, "", `{"do":"explode"}`, http.StatusBadRequest, `act \"explode\": want one of kill`},
		{token, "", `{"do":"kill"}`, http.StatusBadRequest, "at least one process"},
		{token, "", `{"do":"kill","nodes":["node1; ls"]}`, http.StatusBadRequest, "is no process"},
		{token, "", `{"do":"kill","nodes":7}`, http.StatusBadRequest, "act: nodes: "},
		{token, "", `{"do":"kill","nodes":["node99"]}`, http.StatusConflict, "node99"},
		{token, "", `{"do":"loss","share":1.5}`, http.StatusBadRequest, "0 to 1"},
		{token, "", `{"do":"menu","line":"1\n2"}`, http.StatusBadRequest, "menu"},
		{token, "", `{"do":"new","protocol":"tcp"}`, http.StatusBadRequest, `want one of random`},
		{token, "", `{"do":"new","nodes":65}`, http.StatusBadRequest, "2 to 64"},
		{token, "", `{"do":"new","speed":-1}`, http.StatusBadRequest, "0.01 to 100"},
		{
			token, "", `{"do":"script","text":"cluster 4 rr\n  kil node1\n"}`,
			http.StatusBadRequest, `"line":2,"column":3`,
		},
		{
			token, "", `{"do":"script","text":"cluster 4 rr\n[sim] exec ls\n"}`,
			http.StatusBadRequest, `"line":2,"column":7`,
		},
		{token, "", `{"do":"script","text":"cluster 4 rr\n-- x --\nls\n"}`, http.StatusBadRequest, "files in it"},
	} {
		status, text := tell(t, address, c.token, c.origin, c.body)
		if status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d %s, want %d and %s", c.body, status, text, c.status, c.want)
		}
	}
	// Without the token there is nothing, not even the page.
	for _, path := range []string{"/", "/events", "/act", "/" + token[1:] + "/"} {
		answer, err := http.Get(strings.TrimSuffix(address, "/"+token+"/") + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, answer.StatusCode)
		}
	}
}
