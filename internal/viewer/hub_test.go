package viewer_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/viewer"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// message is one server-sent event.
type message struct{ id, data string }

// watcher is a viewer of a hub.
type watcher struct {
	t       *testing.T
	answer  *http.Response
	scanner *bufio.Scanner
}

// runHub serves a hub until the test ends, and returns its address.
func runHub(t *testing.T, limit int) (*viewer.Hub, string) {
	hub := viewer.NewHub(limit)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()
	server := httptest.NewServer(hub)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return hub, server.URL
}

func watch(t *testing.T, address, had string) *watcher {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", had)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return &watcher{t, answer, bufio.NewScanner(answer.Body)}
}

// next is the next event.
func (w *watcher) next() message {
	w.t.Helper()
	var m message
	for w.scanner.Scan() {
		line := w.scanner.Text()
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			m.id = id
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			m.data = data
		}
		if line == "" && m.data != "" {
			return m
		}
	}
	w.t.Fatalf("the stream has ended: %v", w.scanner.Err())
	return m
}

// await waits until the hub has taken in all up to a time.
func await(t *testing.T, hub *viewer.Hub, at time.Duration) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-tick.C {
		var now time.Duration
		if hub.State(func(s *viewer.State) { now = s.At }); now == at {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the hub is at %v, not at %v", now, at)
		}
	}
}

func beat(i int) string { return fmt.Sprintf(`{"t":%d,"k":"beat","node":0}`, i) }

func begin(hub *viewer.Hub) {
	hub.Put(0, viewer.Run{Version: viewer.Version})
	hub.Put(0, viewer.Node{Name: "node1", Address: "node1:5000"})
}

func TestViewersGoOnWhereTheyWere(t *testing.T) {
	hub, address := runHub(t, viewer.DefaultHistory)
	begin(hub)
	for i := range 5 {
		hub.Put(time.Duration(i)*time.Second, viewer.Beat{})
	}
	first := watch(t, address, "")
	if m := first.next(); !strings.Contains(m.data, `"k":"run"`) {
		t.Errorf("a stream begins with %s", m.data)
	}
	first.next()
	var third message
	for i := range 3 {
		if third = first.next(); third.data != beat(i) {
			t.Errorf("event %d is %s", i, third.data)
		}
	}
	// What comes while nobody looks is not lost.
	hub.Put(5*time.Second, viewer.Beat{})
	again := watch(t, address, third.id)
	for i := 3; i < 6; i++ {
		if m := again.next(); m.data != beat(i) {
			t.Errorf("after %s came %s, want %s", third.id, m.data, beat(i))
		}
	}
	for _, stranger := range []string{"other-3", "7", third.id + "0000", "-", third.id + "x"} {
		if m := watch(t, address, stranger).next(); !strings.Contains(m.data, `"k":"run"`) {
			t.Errorf("a viewer that says it has had %q is sent %s", stranger, m.data)
		}
	}
}

// A hub forgets, and who comes late still learns all that holds.
func TestLateViewersLearnTheState(t *testing.T) {
	hub, address := runHub(t, 8<<10)
	want := viewer.NewState()
	put := func(at time.Duration, e viewer.Event) {
		hub.Put(at, e)
		want.Put(at, e)
	}
	put(0, viewer.Run{Version: viewer.Version})
	for i := range 4 {
		put(0, viewer.Node{Index: i, Name: fmt.Sprint("node", i+1), Ring: i})
	}
	put(time.Second, viewer.Voice{Node: 2, Eligible: true})
	put(time.Second, viewer.Cell{By: 2, Of: 3, Suspect: true})
	put(time.Second, viewer.Verdict{Node: 3, Failed: true, By: []int{2}})
	for i := range 2000 {
		put(time.Duration(i)*time.Second, viewer.Beat{Node: i % 4})
	}
	put(2000*time.Second, viewer.Deaf{Text: "the last"})
	await(t, hub, want.At)
	late := watch(t, address, "")
	var kinds []string
	lines := 0
	for {
		m := late.next()
		lines++
		_, rest, _ := strings.Cut(m.data, `"k":"`)
		kind, _, _ := strings.Cut(rest, `"`)
		if kind != "beat" {
			kinds = append(kinds, kind)
		}
		if strings.Contains(m.data, "the last") {
			break
		}
	}
	if got := strings.Join(kinds, " "); got != "run node node node node row voice verdict deaf" {
		t.Errorf("a late viewer is sent %s", got)
	}
	if lines > 500 {
		t.Errorf("it is sent %d lines: more than the hub may keep", lines)
	}
	hub.State(func(s *viewer.State) {
		if len(s.Cells) != len(want.Cells) || s.Deaf != want.Deaf || s.At != want.At {
			t.Errorf("the hub's state is %+v, want %+v", s, want)
		}
	})
}

// A run that begins takes the place of the one before, for all viewers.
func TestAnotherRunBegins(t *testing.T) {
	hub, address := runHub(t, viewer.DefaultHistory)
	begin(hub)
	early := watch(t, address, "")
	early.next()
	early.next()
	begin(hub)
	hub.Put(time.Second, viewer.Beat{})
	for _, v := range []*watcher{early, watch(t, address, "")} {
		if m := v.next(); !strings.Contains(m.data, `"k":"run"`) {
			t.Errorf("sent %s, want run", m.data)
		}
		v.next()
		if m := v.next(); m.data != beat(1) {
			t.Errorf("sent %s", m.data)
		}
	}
}

// A viewer that reads nothing neither holds the hub up nor makes it keep more, and is
// cut off when it has missed too much.
func TestSlowViewerIsDropped(t *testing.T) {
	hub, address := runHub(t, 64<<10)
	begin(hub)
	slow := watch(t, address, "")
	text := strings.Repeat("x", 1000)
	for i := range 20_000 {
		hub.Put(time.Duration(i)*time.Second, viewer.Log{Text: text}) // 20 MB, more than any socket takes
	}
	await(t, hub, 19_999*time.Second)
	quick := watch(t, address, "")
	if m := quick.next(); !strings.Contains(m.data, `"k":"run"`) {
		t.Errorf("sent %s", m.data)
	}
	n, err := io.Copy(io.Discard, slow.answer.Body)
	if n > 19_000_000 {
		t.Errorf("the slow viewer has read %d bytes in the end, error %v: it was to be cut off", n, err)
	}
}
