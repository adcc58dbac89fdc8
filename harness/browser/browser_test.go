// Package browser looks at the monitor's web page with a real Chromium while a
// real cluster runs.
package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/local"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/dashboard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long the page may take to show what has happened.
const patience = time.Minute

// TestPageShowsAKillWithoutAReload watches one page from before a kill until the
// test case's result.
func TestPageShowsAKillWithoutAReload(t *testing.T) {
	program := chromium(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	cluster := startCluster(ctx, t)
	page := serve(t, cluster)
	ctx, closeBrowser := open(ctx, t, program)
	defer closeBrowser()

	row := fmt.Sprintf(`[...document.querySelectorAll('[data-at="table"] tr')].find(`+
		`(tr) => tr.cells[5].textContent === %q)`, cluster.Address("node4"))
	visit(ctx, t, page)
	// A reload would wipe it out.
	evaluate[bool](ctx, t, `window.markedBeforeTheKill = true`)
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-tab="table"]`)))
	await(ctx, t, "all four nodes are alive",
		`document.querySelectorAll('[data-at="table"] [data-is="alive"]').length === 4`)

	must(t, cluster.Menu(ctx, "1"))
	must(t, cluster.Kill(ctx, "node4"))
	await(ctx, t, "the running case says what it waits for",
		shows("running")+`.includes('0 of 1 failed')`)
	await(ctx, t, "a first suspicion of the victim shows", `/^[1-9] of/.test(`+row+`.cells[3].textContent)`)
	await(ctx, t, "the verdict shows", row+`.cells[1].textContent === 'failed'`)
	await(ctx, t, "the case is over", `document.querySelector('[data-at="running"]').hidden`)
	await(ctx, t, "the page was never loaded again", `window.markedBeforeTheKill === true`)

	must(t, cluster.Restart(ctx, "node4"))
	await(ctx, t, "the node is alive again, in its second life",
		row+`.cells[1].textContent === 'alive' && `+fmt.Sprintf(
			`gossip.views[0].state.nodes.find((n) => n.address === %q).life === 2`, cluster.Address("node4")))
}

// original answers as an original monitor does, of which one can only ask what it
// thinks now.
type original struct {
	wire.MonitorHandler // what nodes tell it, which the page never does
	dead                atomic.Bool
}

func (o *original) Mapping(context.Context) (map[gossip.Address]int, error) {
	return map[gossip.Address]int{"node1:5000": 0, "node2:5000": 1}, nil
}

func (o *original) SuspectMatrix(context.Context) ([][]int, error) {
	if o.dead.Load() {
		return [][]int{{0, 1}, {0, 0}}, nil
	}
	return [][]int{{0, 0}, {0, 0}}, nil
}

func (o *original) AliveDead(context.Context) (live, dead []gossip.Address, err error) {
	if o.dead.Load() {
		return []gossip.Address{"node1:5000"}, []gossip.Address{"node2:5000"}, nil
	}
	return []gossip.Address{"node1:5000", "node2:5000"}, nil, nil
}

func (o *original) Results(context.Context) (string, error) { return "", errors.New("no such file") }

// TestPageOfAnOriginalMonitor sees a node fail at a monitor that tells no messages, no
// protocol and no heartbeats.
func TestPageOfAnOriginalMonitor(t *testing.T) {
	program := chromium(t)
	var o original
	methods, err := xmlrpc.NewServer(wire.MonitorMethods(&o), xmlrpc.DefaultServerOptions())
	must(t, err)
	monitor := httptest.NewServer(methods)
	t.Cleanup(monitor.Close)
	page := serveMonitor(t, strings.TrimPrefix(monitor.URL, "http://"))
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	ctx, closeBrowser := open(ctx, t, program)
	defer closeBrowser()

	load(ctx, t, page, `window.gossip`)
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-tab="table"]`)))
	table := `[...document.querySelectorAll('[data-at="table"] tr')].map((tr) => tr.dataset.is).join()`
	await(ctx, t, "both nodes are alive", table+` === 'alive,alive'`)
	await(ctx, t, "the page says that messages are not seen",
		`/does not see messages/.test(`+shows("pattern")+`) && document.querySelector('.run').dataset.messages === 'no'`)
	o.dead.Store(true)
	await(ctx, t, "the verdict shows", table+` === 'alive,failed'`)
	load(ctx, t, page+"plain", `document.getElementById('nodes')`)
	await(ctx, t, "the plain page has it too",
		`document.querySelector('[data-node="node2:5000"]').textContent.includes('failed')`)
}

func await(ctx context.Context, t *testing.T, what, condition string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](condition,
		chromedp.WithPollingTimeout(patience))); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// findChromium is the browser's path; empty: there is none.
func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// chromium finds the browser. CI must have it.
func chromium(t *testing.T) string {
	t.Helper()
	if path := findChromium(); path != "" {
		return path
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no chromium here, and CI must have one")
	}
	t.Skip("no chromium here")
	return ""
}

func startCluster(ctx context.Context, t *testing.T) harness.Cluster {
	t.Helper()
	spec, _ := protocol.ByName("rr")
	cluster, err := new(local.Backend).Start(ctx, harness.ClusterSpec{
		Parameters: protocol.Parameters{
			Protocol: spec, Timing: protocol.DefaultTiming().Scaled(5),
			Aligned: true,
		}, Nodes: 4, Seed: 1, Dir: t.TempDir(),
	})
	must(t, err)
	t.Cleanup(func() { must(t, cluster.Close()) })
	for {
		missing, err := cluster.Joined(ctx)
		must(t, err)
		if len(missing) == 0 {
			return cluster
		}
		must(t, cluster.Wait(ctx, 50*time.Millisecond))
	}
}

func serve(t *testing.T, cluster harness.Cluster) string {
	t.Helper()
	monitor, ok := cluster.(interface{ MonitorHostPort() string })
	if !ok {
		t.Fatalf("%T does not say where its monitor is", cluster)
	}
	return serveMonitor(t, monitor.MonitorHostPort())
}

// serveMonitor serves the page of a monitor, and returns its address.
func serveMonitor(t *testing.T, monitor string) string {
	t.Helper()
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	page := dashboard.New(dashboard.Options{
		Monitor: wire.Monitor{Client: client, HostPort: monitor}, Logger: slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- page.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		must(t, <-ended)
		client.Close()
	})
	return "http://" + l.Addr().String() + "/"
}

func open(ctx context.Context, t testing.TB, program string) (context.Context, func()) {
	t.Helper()
	return openWith(ctx, t, program)
}

func openWith(
	ctx context.Context, t testing.TB, program string, more ...chromedp.ExecAllocatorOption,
) (context.Context, func()) {
	t.Helper()
	ctx, endBrowser := chromedp.NewExecAllocator(ctx, append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	}, more...)...)
	ctx, closeTab := chromedp.NewContext(ctx)
	// The browser lives as long as the context of what it does first.
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate("about:blank")))
	return ctx, func() {
		closeTab()
		endBrowser()
	}
}
