// Package browser looks at the monitor's web page with a real Chromium while a
// real cluster runs.
package browser

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/local"
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

	victim := cluster.Address("node4")
	row := fmt.Sprintf(`document.querySelector('[data-node="%s"]')`, victim)
	must(t, chromedp.Do(ctx, chromedp.Navigate(page), chromedp.WaitVisible("#nodes")))
	// A reload would wipe it out.
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.markedBeforeTheKill = true`))
	must(t, err)
	await(ctx, t, "all four nodes are alive", `document.querySelector('#summary').textContent.includes('4 alive')`)

	must(t, cluster.Menu(ctx, "1"))
	must(t, cluster.Kill(ctx, "node4"))
	await(ctx, t, "the running case says what it waits for",
		`document.querySelector('#case').textContent.includes('0 of 1 failed')`)
	await(ctx, t, "a first suspicion of the victim shows", `/^[1-9] of/.test(`+row+`.cells[4].textContent)`)
	await(ctx, t, "the verdict shows", row+`.cells[2].textContent === 'failed'`)
	await(ctx, t, "the result shows", `document.querySelector('#results').textContent.includes('Single Node failure')`)
	await(ctx, t, "the page was never loaded again", `window.markedBeforeTheKill === true`)

	must(t, cluster.Restart(ctx, "node4"))
	await(ctx, t, "the node is alive again, in its second life",
		row+`.cells[2].textContent === 'alive' && `+row+`.cells[5].textContent === '2'`)
}

func await(ctx context.Context, t *testing.T, what, condition string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](condition)); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// chromium finds the browser. CI must have it.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
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
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	must(t, err)
	page := httptest.NewServer(dashboard.New(wire.Monitor{Client: client, HostPort: monitor.MonitorHostPort()},
		slog.New(slog.DiscardHandler)))
	t.Cleanup(func() {
		page.Close()
		client.Close()
	})
	return page.URL
}

func open(ctx context.Context, t *testing.T, program string) (context.Context, func()) {
	t.Helper()
	ctx, endBrowser := chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, closeTab := chromedp.NewContext(ctx)
	return ctx, func() {
		closeTab()
		endBrowser()
	}
}
