package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/lab"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
	"gossiprpc/harness/sim/shown"
	"gossiprpc/internal/viewer"
)

// simulated is the stream of a cluster in virtual time in which a node dies, is found
// dead and comes back.
type simulated struct {
	lines  []byte
	at     []time.Duration
	events []viewer.Event
}

func simulate(t testing.TB, nodes int, prepare func(*sim.Config)) *simulated {
	t.Helper()
	spec, _ := protocol.ByName("rr")
	c := sim.DefaultConfig(spec)
	c.Nodes, c.Seed = nodes, 7
	if prepare != nil {
		prepare(&c)
	}
	s := &simulated{}
	w, err := shown.New(c, func(at time.Duration, e viewer.Event) {
		s.at, s.events = append(s.at, at), append(s.events, e)
		lines, err := viewer.AppendLine(s.lines, at, e)
		if err != nil {
			t.Fatal(err)
		}
		s.lines = lines
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Run(12 * time.Second)
	victim := fmt.Sprintf("node%d", nodes)
	w.Act("menu", nil, "1")
	w.Type("1")
	w.Act("kill", []string{victim}, "")
	w.Kill(victim)
	w.Run(30 * time.Second)
	w.Act("restart", []string{victim}, "")
	w.Restart(victim)
	w.Run(8 * time.Second)
	w.End("", "")
	return s
}

// serveStream serves the page with one stream, told whole.
func serveStream(t testing.TB, stream []byte) string {
	t.Helper()
	mux := http.NewServeMux()
	viewer.Serve(mux, func() viewer.PageConfig {
		return viewer.PageConfig{Streams: []viewer.Feed{{NDJSON: "run.ndjson"}}}
	})
	mux.HandleFunc("GET /run.ndjson", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(stream) // a browser that has gone needs no answer
	})
	server := httptest.NewServer(viewer.Secure(mux))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// TestViewer looks at the page that people watch, in one browser.
func TestViewer(t *testing.T) {
	program := chromium(t)
	run := simulate(t, 8, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	ctx, closeBrowser := open(ctx, t, program)
	defer closeBrowser()
	complaints := listen(ctx)
	for _, c := range []struct {
		name string
		test func(context.Context, *testing.T, *simulated)
	}{
		{"scrubbed is folded", scrubbedIsFolded},
		{"state is the machines'", stateIsTheMachines},
		{"keyboard alone", keyboardAlone},
		{"nonsense in the address", nonsenseInTheAddress},
		{"any address", anyAddress},
		{"phone", phone},
		{"markup is text, and the reader keeps the place", readerKeepsThePlace},
		{"monitor away", monitorAway},
		{"two viewers, and one that does not read", twoViewers},
		{"begin and end of a lab", beginAndEndOfALab},
		{"results of one cluster after the other", resultsStay},
		{"contrast", contrast},
		{"print", printed},
		{"all sizes", allSizes},
		{"acts of the lab", actsOfTheLab},
		{"all lanes", allLanes},
		{"page of a file", pageOfAFile},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test(ctx, t, run)
			if bad := complaints(); len(bad) > 0 {
				t.Errorf("the browser complains: %s", strings.Join(bad, "; "))
			}
		})
	}
}

// listen gathers what the browser complains of: errors of scripts, and what the
// content security policy forbids. That a server is away is no such thing.
func listen(ctx context.Context) func() []string {
	var mu sync.Mutex
	var bad []string
	go func() {
		for m, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			isBad := m.IsException() || m.Type == chromedp.ConsoleError
			if isBad && !strings.Contains(m.Text, "Failed to load resource") {
				mu.Lock()
				bad = append(bad, m.String())
				mu.Unlock()
			}
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		all := bad
		bad = nil
		return all
	}
}

// visit loads a page and waits until a run shows.
func visit(ctx context.Context, t *testing.T, address string) {
	t.Helper()
	load(ctx, t, address,
		`window.gossip && gossip.views[0].history.length > 20 && gossip.views[0].state?.n > 0`)
}

// load loads a page and waits until it is ready. Chromium breaks off what it fetches when
// a network of this machine comes or goes, such as one of another test's containers; the
// page is then loaded anew.
func load(ctx context.Context, t *testing.T, address, ready string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	changed := make(chan struct{}, 1)
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if strings.Contains(m.Text, "net::ERR_NETWORK_CHANGED") {
				select {
				case changed <- struct{}{}:
				default: // known
				}
			}
		}
	}()
	navigate := func() {
		// A change after # alone would load nothing.
		err := chromedp.Do(ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(address))
		if err != nil && !strings.Contains(err.Error(), "net::ERR_NETWORK_CHANGED") {
			t.Fatalf("%s: %v", address, err)
		}
	}
	for navigate(); ; {
		// The context of a page that is being left may still have been asked.
		done, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+ready+")"))
		switch {
		case done:
			return
		case ctx.Err() != nil || err != nil && !strings.Contains(err.Error(), "Cannot find context"):
			t.Fatalf("%s: not ready, %s: %v, %v", address, ready, err, ctx.Err())
		}
		select {
		case <-changed:
			t.Logf("%s: a network has come or gone: loaded anew", address)
			navigate()
		case <-time.After(20 * time.Millisecond): // asked again
		case <-ctx.Done():
		}
	}
}

func evaluate[T any](ctx context.Context, t testing.TB, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return v
}

// shows is the text of a part of the page.
func shows(part string) string {
	return `document.querySelector('[data-at="` + part + `"]').textContent`
}

// afterFrames is a value once what has just been done is drawn.
func afterFrames(value string) string {
	return `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(` + value + `))))`
}

func press(ctx context.Context, t *testing.T, keys string) {
	t.Helper()
	must(t, chromedp.Do(ctx, chromedp.KeyEvent(keys)))
}

// scrubbedIsFolded jumps to and fro and compares with folds from the beginning.
func scrubbedIsFolded(ctx context.Context, t *testing.T, run *simulated) {
	visit(ctx, t, serveStream(t, run.lines))
	got := evaluate[struct{ Wrong, Tried, Keyframes int }](ctx, t, `(async () => {
		const { State } = await import('./state.js');
		const history = gossip.views[0].history;
		let seed = 7;
		const draw = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
		const places = Array.from({ length: 60 }, () => draw(history.length + 1)).concat(0, history.length);
		const folds = new Map();
		const state = new State();
		const wanted = new Set(places);
		for (let i = 0; i <= history.length; i++) {
			if (wanted.has(i)) folds.set(i, JSON.stringify(state.plain()));
			if (i < history.length) state.fold(history.event(i), i);
		}
		const wrong = places.filter((p) => JSON.stringify(history.after(p).plain()) !== folds.get(p));
		return { Wrong: wrong.length, Tried: places.length, Keyframes: history.keyframes.length };
	})()`)
	if got.Wrong > 0 || got.Tried < 60 || got.Keyframes < 3 {
		t.Errorf("%+v: want no wrong one, and some keyframes", got)
	}
}

// stateIsTheMachines compares the page's state with what the same events say in Go,
// where it is held against the machines themselves.
func stateIsTheMachines(ctx context.Context, t *testing.T, run *simulated) {
	visit(ctx, t, serveStream(t, run.lines))
	type shownState struct {
		Cells, Opinions [][2]int
		Voices, Failed  []int
	}
	for _, share := range []int{97, 35, 62, 80, 15, 100} {
		count := len(run.events) * share / 100
		want := viewer.NewState()
		for i := range count {
			want.Put(run.at[i], run.events[i])
		}
		got := evaluate[shownState](ctx, t, fmt.Sprintf(`(() => {
			const s = gossip.views[0].history.after(%d), Cells = [], Opinions = [], all = s.nodes.map((_, i) => i);
			for (const by of all) for (const of of all) {
				if (s.suspects(by, of)) Cells.push([by, of]);
				if (s.ownOpinion(by, of)) Opinions.push([by, of]);
			}
			return { Cells, Opinions, Voices: all.filter((i) => s.voice[i]), Failed: all.filter((i) => s.failed[i]) };
		})()`, count))
		var expected shownState
		for by := range want.Nodes {
			for of := range want.Nodes {
				if want.Cells[viewer.Pair{By: by, Of: of}] {
					expected.Cells = append(expected.Cells, [2]int{by, of})
				}
				if _, ok := want.Opinions[viewer.Pair{By: by, Of: of}]; ok {
					expected.Opinions = append(expected.Opinions, [2]int{by, of})
				}
			}
			if want.Eligible[by] {
				expected.Voices = append(expected.Voices, by)
			}
			if _, ok := want.Failed[by]; ok {
				expected.Failed = append(expected.Failed, by)
			}
		}
		if !slices.Equal(got.Cells, expected.Cells) || !slices.Equal(got.Opinions, expected.Opinions) ||
			!slices.Equal(got.Voices, expected.Voices) || !slices.Equal(got.Failed, expected.Failed) {
			t.Errorf("after %d events the page has %+v, want %+v", count, got, expected)
		}
	}
}

// keyboardAlone finds out without a pointer why the node was declared dead.
func keyboardAlone(ctx context.Context, t *testing.T, run *simulated) {
	visit(ctx, t, serveStream(t, run.lines)+"#t=0")
	press(ctx, t, "?")
	await(ctx, t, "help is open", `document.getElementById('help').open`)
	press(ctx, t, kb.Escape)
	await(ctx, t, "help is closed", `!document.getElementById('help').open`)
	failed := `gossip.views[0].state.failed[7]`
	for range 60 {
		press(ctx, t, "]")
		if evaluate[bool](ctx, t, afterFrames(failed)) {
			break
		}
	}
	await(ctx, t, "the changes lead to the verdict", failed)
	press(ctx, t, "p")
	await(ctx, t, "the last node is selected", `gossip.views[0].chosen[0] === 7`)
	await(ctx, t, "the panel says why", `/Why is node8 failed/.test(`+shows("node-name")+`) &&
		/last to suspect it/.test(`+shows("node-parts")+`)`)
	await(ctx, t, "the address holds the moment", `/t=\d/.test(location.hash) && /node=8/.test(location.hash)`)
	before := evaluate[float64](ctx, t, `gossip.player.t`)
	press(ctx, t, ",")
	await(ctx, t, "one event back", fmt.Sprintf(`gossip.player.step !== null && gossip.player.t <= %v`, before))
	must(t, chromedp.Do(ctx, chromedp.Focus(`[data-at="matrix"]`)))
	press(ctx, t, kb.ArrowRight+kb.ArrowRight)
	await(ctx, t, "a cell says what it means",
		`/^node1 heard of node2 .* ago/.test(document.getElementById('spoken').textContent)`)
	press(ctx, t, " ")
	await(ctx, t, "it plays", `gossip.player.playing`)
}

func nonsenseInTheAddress(ctx context.Context, t *testing.T, run *simulated) {
	visit(ctx, t, serveStream(t, run.lines)+"#protocol=gossip&nodes=9&t=abc&node=99&what=%E0%A4%A&speed=1000")
	for _, want := range []string{
		"protocol is “gossip”: want random, rr, brr or scrr", "t is “abc”", "“what” means nothing here",
		"speed is “1000”: want a number from 0.1 to 50", "the link is of 9 nodes, this run has 8",
		"there is no node 99",
	} {
		await(ctx, t, want, fmt.Sprintf(`document.getElementById('complaints').textContent.includes(%q)`, want))
	}
}

// phone looks for anything that is wider than a phone, or too narrow to be read there.
func phone(ctx context.Context, t *testing.T, run *simulated) {
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(390, 844)))
	defer func() { must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900))) }()
	address := serveStream(t, run.lines)
	for i, look := range []string{"#t=30&node=8", "#t=30&type=large&theme=dark"} {
		visit(ctx, t, address+look)
		for _, tab := range []string{"node", "cases", "log", "table"} {
			must(t, chromedp.Do(ctx,
				chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`gossip.views[0].panels.show(%q)`, tab))))
			wide := evaluate[int](ctx, t, afterFrames(`document.documentElement.scrollWidth`))
			if wide > 390 {
				t.Errorf("%s, %s: %d pixels wide", look, tab, wide)
			}
		}
		narrowest := evaluate[float64](ctx, t, `Math.min(...[...document.querySelectorAll('.stage > *')].map((panel) =>
			panel.getBoundingClientRect().width))`)
		if narrowest < 330 {
			t.Errorf("%s: a panel is %v pixels wide", look, narrowest)
		}
		snapshot(ctx, t, []string{"phone.png", "phone-large-dark.png"}[i])
	}
}

// live is a stream that a test feeds, at an address that it can take away.
type live struct {
	hub  *viewer.Hub
	page string
	mu   sync.Mutex
	gone bool
	cut  func()
}

func goLive(t *testing.T) *live {
	t.Helper()
	l := &live{hub: viewer.NewHub(viewer.DefaultHistory)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.hub.Run(ctx) }()
	mux := http.NewServeMux()
	viewer.Serve(mux, func() viewer.PageConfig {
		return viewer.PageConfig{
			Streams: []viewer.Feed{{SSE: "api/v1/events"}},
			Authors: []viewer.Reading{{Protocol: "rr", Case: 1, Nodes: 8, Seconds: 40}},
		}
	})
	mux.HandleFunc("GET /api/v1/events", func(w http.ResponseWriter, r *http.Request) {
		watching, cut := context.WithCancel(r.Context())
		defer cut()
		l.mu.Lock()
		gone := l.gone
		l.cut = cut
		l.mu.Unlock()
		if gone {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		l.hub.ServeHTTP(w, r.WithContext(watching))
	})
	server := httptest.NewServer(viewer.Secure(mux))
	t.Cleanup(func() {
		stop()
		server.CloseClientConnections()
		server.Close()
		must(t, <-ended)
	})
	l.page = server.URL + "/"
	return l
}

func (l *live) setGone(gone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = gone
	if gone && l.cut != nil {
		l.cut()
	}
}

// feed puts the run's events before an instant, with a node renamed.
func (l *live) feed(run *simulated, from, to time.Duration, rename string) (last time.Duration) {
	for i, e := range run.events {
		if run.at[i] < from || run.at[i] >= to {
			continue
		}
		if n, ok := e.(viewer.Node); ok && n.Index == 0 && rename != "" {
			n.Name = rename
			e = n
		}
		if r, ok := e.(viewer.Run); ok {
			r.Source = viewer.Live
			e = r
		}
		l.hub.Put(run.at[i], e)
		last = run.at[i]
	}
	return last
}

const markup = `<img src=x onerror=window.hit=1>`

func readerKeepsThePlace(ctx context.Context, t *testing.T, run *simulated) {
	l := goLive(t)
	l.feed(run, 0, 15*time.Second, markup)
	visit(ctx, t, l.page)
	must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`(() => {
		gossip.views[0].panels.show('table');
		const panel = document.querySelector('[data-panel="table"]');
		panel.style.flex = 'none';
		panel.style.height = '120px';
	})()`)))
	await(ctx, t, "the table is there", `document.querySelectorAll('.nodes tbody tr').length === 8`)
	await(ctx, t, "markup in a name is text",
		fmt.Sprintf(`document.querySelector('.nodes tbody button').textContent === %q`, markup))
	await(ctx, t, "and nothing else", `!document.querySelector('img') && !window.hit`)
	must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`(() => {
		const panel = document.querySelector('[data-panel="table"]');
		panel.scrollTop = 40;
		const button = document.querySelectorAll('.nodes tbody button')[5];
		button.focus({ preventScroll: true });
		getSelection().selectAllChildren(document.querySelector('[data-at="rule"]'));
		window.before = { button, scroll: panel.scrollTop, selected: getSelection().toString() };
	})()`)))
	last := l.feed(run, 15*time.Second, time.Minute, "")
	await(ctx, t, "all of it has come", // End goes to what is the end when it is pressed
		fmt.Sprintf(`gossip.views[0].history.head.t >= %v`, last.Seconds()))
	press(ctx, t, kb.End)
	await(ctx, t, "the table shows the end", `gossip.views[0].state.nodes[7].life === 2`)
	kept := evaluate[bool](ctx, t, `document.activeElement === before.button && before.button.isConnected &&
		before.scroll > 0 && document.querySelector('[data-panel="table"]').scrollTop === before.scroll &&
		before.selected.length > 20 &&
		getSelection().toString() === before.selected`)
	if !kept {
		t.Error("focus, scroll or selection is lost")
	}
}

func monitorAway(ctx context.Context, t *testing.T, run *simulated) {
	l := goLive(t)
	l.feed(run, 0, 15*time.Second, "")
	visit(ctx, t, l.page)
	source := shows("source")
	dimmed := `document.querySelector('.run').hasAttribute('data-away')`
	await(ctx, t, "it is live", source+` === 'live'`)
	l.setGone(true)
	await(ctx, t, "the header says so, and the last state stays, dimmed",
		`/^monitor away since/.test(`+source+`) && `+dimmed+` && gossip.views[0].state.n === 8`)
	l.setGone(false)
	l.feed(run, 15*time.Second, 20*time.Second, "")
	await(ctx, t, "it comes back, with what has happened",
		`!`+dimmed+` && `+source+` === 'live' && gossip.views[0].history.head.t > 19`)
	l.hub.Put(21*time.Second, viewer.Away{Text: "connection refused"})
	await(ctx, t, "the server is there, and the monitor behind it is away", dimmed)
	l.hub.Put(22*time.Second, viewer.Away{})
	await(ctx, t, "and comes back", `!`+dimmed)
	if n := evaluate[int](ctx, t, `gossip.views[0].history.events.filter((e) => e.k === 'run').length`); n != 1 {
		t.Errorf("%d runs: the stream was not taken up where it broke off", n)
	}
}

// twoViewers watch one cluster, each in its own way, beside a third that asks for the
// stream and reads nothing.
func twoViewers(ctx context.Context, t *testing.T, run *simulated) {
	l := goLive(t)
	l.feed(run, 0, 15*time.Second, "")
	second, closeTab := chromedp.NewContext(ctx)
	defer closeTab()
	must(t, chromedp.Do(second, chromedp.Navigate("about:blank")))
	host := strings.Trim(strings.TrimPrefix(l.page, "http://"), "/")
	idle, err := net.Dial("tcp", host)
	must(t, err)
	defer idle.Close()
	must(t, idle.(*net.TCPConn).SetReadBuffer(4096))
	_, err = fmt.Fprintf(idle, "GET /api/v1/events HTTP/1.1\r\nHost: %s\r\n\r\n", host)
	must(t, err)

	viewers := []context.Context{ctx, second}
	for _, v := range viewers {
		visit(v, t, l.page)
	}
	l.feed(run, 15*time.Second, 2*time.Minute, "")
	end := run.at[len(run.at)-1].Seconds()
	for _, v := range viewers {
		await(v, t, "everything is told", fmt.Sprintf(`gossip.views[0].history.head.t >= %v`, end))
	}
	evaluate[bool](second, t, `(location.hash = '#t=10&node=5', true)`)
	await(second, t, "the second looks at a moment of its own",
		`!gossip.player.following && gossip.player.t === 10 && gossip.views[0].chosen.at(-1) === 4`)
	await(ctx, t, "the first stays at the end of the run",
		`gossip.player.t === gossip.views[0].end && gossip.views[0].chosen.at(-1) !== 4`)
}

// beginAndEndOfALab looks at what the page says before there is a cluster, and after it.
func beginAndEndOfALab(ctx context.Context, t *testing.T, run *simulated) {
	l := goLive(t)
	load(ctx, t, l.page, `window.gossip`)
	await(ctx, t, "a cluster is being started", `/being built and started/.test(`+shows("source")+`)`)
	l.feed(run, 0, 15*time.Second, "")
	await(ctx, t, "it runs", shows("source")+` === 'live'`)
	l.hub.Put(16*time.Second, viewer.EndOfRun{Text: "the cluster has broken down: node3 has ended by itself"})
	await(ctx, t, "it has broken down",
		shows("source")+` === 'ended: the cluster has broken down: node3 has ended by itself'`)
}

// allLanes shows those nodes of a large cluster that nothing happened to, and hides them.
func allLanes(ctx context.Context, t *testing.T, _ *simulated) {
	run := simulate(t, 48, func(c *sim.Config) { c.Joined, c.Lean = true, true })
	visit(ctx, t, serveStream(t, run.lines))
	await(ctx, t, "some lanes are shown",
		`/^\d+ of 48 nodes/.test(`+shows("lanes")+`) && gossip.views[0].timeline.shown < 48`)
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-at="everyone"]`)))
	await(ctx, t, "all lanes are", `gossip.views[0].timeline.shown === 48 && `+shows("everyone")+` === 'Fewer lanes'`)
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-at="everyone"]`)))
	await(ctx, t, "some are again", `gossip.views[0].timeline.shown < 48 && `+shows("everyone")+` === 'All lanes'`)
}

// actsOfTheLab presses buttons and looks at what a lab is asked.
func actsOfTheLab(ctx context.Context, t *testing.T, run *simulated) {
	mux := http.NewServeMux()
	viewer.Serve(mux, func() viewer.PageConfig {
		return viewer.PageConfig{Streams: []viewer.Feed{{NDJSON: "run.ndjson"}}, Lab: &viewer.LabControl{
			Act: "lab/act", Header: "X-Lab-Token", Token: "secret", Acts: []string{"kill", "menu", "script"},
			Scripts: []viewer.Script{{Name: "mine", Text: "cluster 4 rr\nkil node4\n"}}, Protocols: []string{"rr"},
		}}
	})
	mux.HandleFunc("GET /run.ndjson", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(run.lines) })
	asked := make(chan string, 10)
	mux.HandleFunc("POST /lab/act", func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		if _, err := io.Copy(&body, r.Body); err != nil {
			t.Error(err)
		}
		asked <- r.Header.Get("X-Lab-Token") + " " + body.String()
		if strings.Contains(body.String(), "kil ") {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]any{"error": `unknown word "kil"`, "line": 2, "column": 1})
			return
		}
		_, _ = io.WriteString(w, "{}")
	})
	server := httptest.NewServer(viewer.Secure(mux))
	t.Cleanup(server.Close)
	visit(ctx, t, server.URL+"/#t=11&node=8")
	await(ctx, t, "what the lab cannot do is not there",
		`document.querySelector('[data-do="pause"]').hidden && document.querySelector('[data-do="add"]').hidden`)
	await(ctx, t, "a node can be killed", `!document.querySelector('[data-do="kill"]').disabled`)
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-do="kill"]`), chromedp.Click(`[data-do="menu"][data-line="2"]`)))
	for _, want := range []string{`secret {"do":"kill","nodes":["node8"]}`, `secret {"do":"menu","line":"2"}`} {
		select {
		case got := <-asked:
			if got != want {
				t.Errorf("asked %s, want %s", got, want)
			}
		case <-ctx.Done():
			t.Fatalf("not asked: %s", want)
		}
	}
	evaluate[bool](ctx, t, `(() => {
		document.querySelector('[data-at="script-part"]').open = true;
		const list = document.querySelector('[data-at="scripts"]');
		list.value = 'mine';
		return list.dispatchEvent(new Event('change'));
	})()`)
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-do="script"]`)))
	await(ctx, t, "an error shows its place", shows("script-wrong")+`.startsWith(
		'Line 2, column 1: unknown word "kil"') &&
		document.querySelector('[data-at="script"]').selectionStart === 13`)
}

// pageOfAFile opens an exported run from the disk.
func pageOfAFile(ctx context.Context, t *testing.T, _ *simulated) {
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Seed, o.Runs = sim.Backend{}, "rr", 3, t.TempDir()
	script := "cluster 4 rr\nawait joined\nkill node4\nawait dead node4\nexpect dead node4\n"
	outcome, err := scenario.Run(t.Context(), o, "test.txt", []byte(script))
	must(t, err)
	path, err := lab.Export(t.Context(), outcome.Folder)
	must(t, err)
	if info, err := os.Stat(path); err != nil || info.Size() > 3<<20 {
		t.Errorf("%s: %v, %v", path, info, err)
	}
	visit(ctx, t, "file://"+filepath.ToSlash(path)+"#t=1000")
	await(ctx, t, "the end of the run shows", `gossip.views[0].state.failed[3] && /recorded/.test(`+shows("source")+`)`)
	await(ctx, t, "and why", `/last to suspect it/.test(`+shows("node-parts")+`)`)
	await(ctx, t, "and that the link is of no moment of it",
		`document.getElementById('complaints').textContent.includes('t is 1000')`)
}
