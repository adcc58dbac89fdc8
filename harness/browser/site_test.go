package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gossiprpc/harness/lab"
)

// TestSite finds a dead node in simulation, on pages that a plain file server has
// somewhere below its root.
func TestSite(t *testing.T) {
	program := chromium(t)
	ctx, cancel := context.WithTimeout(t.Context(), 6*patience)
	defer cancel()
	root := t.TempDir()
	site := filepath.Join(root, "some", "where")
	must(t, lab.Site(ctx, site))
	simulator, err := os.Stat(filepath.Join(site, "sim.wasm"))
	must(t, err)
	// net/http alone would add 3 MB to what every visitor loads; the script engine is 2 MB.
	if mib := float64(simulator.Size()) / (1 << 20); mib > 8 {
		t.Errorf("sim.wasm has %.1f MiB, want 8 at most: what does it import?", mib)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(root)))
	t.Cleanup(server.Close)
	ctx, closeBrowser := open(ctx, t, program)
	defer closeBrowser()
	complaints := listen(ctx)
	for _, c := range []struct {
		name string
		test func(*testing.T, context.Context, string)
	}{
		{"killed by a click", killedByAClick},
		{"a new cluster", aNewCluster},
		{"scripts", scriptsOfTheSite},
		{"side by side", sideBySide},
		{"simulator missing", func(t *testing.T, ctx context.Context, address string) {
			must(t, os.Remove(filepath.Join(site, "sim.wasm")))
			simulatorMissing(t, ctx, address)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test(t, ctx, server.URL+"/some/where/")
			if bad := complaints(); len(bad) > 0 {
				t.Errorf("the browser complains: %s", strings.Join(bad, "; "))
			}
		})
	}
}

// click presses a button of the lab once it can be pressed.
func click(ctx context.Context, t *testing.T, selector string) {
	t.Helper()
	selector = ".lab " + selector
	must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](
		`gossip.views[0].panels.show('lab');
		document.querySelectorAll('.lab details').forEach((d) => { d.open = true; })`)))
	quoted, err := json.Marshal(selector)
	must(t, err)
	await(ctx, t, selector+" can be pressed", `document.querySelector(`+string(quoted)+`)?.disabled === false`)
	must(t, chromedp.Do(ctx, chromedp.ScrollIntoView(selector), chromedp.Click(selector)))
}

func killedByAClick(t *testing.T, ctx context.Context, address string) {
	visit(ctx, t, address+"#nodes=6&seed=7&node=4")
	await(ctx, t, "it runs, and follows",
		shows("source")+`.startsWith('simulation, running') && gossip.player.following`)
	await(ctx, t, "all are joined", `gossip.views[0].history.head.n === 6 && gossip.views[0].history.head.t > 5`)
	click(ctx, t, `[data-do="menu"][data-line="1"]`)
	click(ctx, t, `[data-do="kill"]`)
	await(ctx, t, "the verdict", `gossip.views[0].state.failed[3]`)
	await(ctx, t, "the result", `gossip.views[0].history.head.results.length === 1`)
	await(ctx, t, "and why",
		`(gossip.views[0].panels.show('node'), /last to suspect it/.test(`+shows("node-parts")+`))`)
	snapshot(ctx, t, "site.png")
	click(ctx, t, `[data-do="restart"]`)
	await(ctx, t, "it is back", `gossip.views[0].state.nodes[3].life === 2 && !gossip.views[0].state.failed[3]`)
}

func aNewCluster(t *testing.T, ctx context.Context, address string) {
	visit(ctx, t, address)
	set := func(values string) {
		t.Helper()
		must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](
			`for (const [k, v] of Object.entries(`+values+`)) {
				document.querySelector('.lab [data-at="' + k + '"]').value = v;
			}`)))
	}
	set(`{protocol: 'scrr', nodes: 5, seed: 21, speed: 5, fail: 2, delay: 20, drift: 50}`)
	click(ctx, t, `[data-do="new"]`)
	await(ctx, t, "what is wrong with it", shows("said")+`.includes('want more than the gossip interval')`)
	set(`{fail: 20}`)
	click(ctx, t, `[data-do="new"]`)
	await(ctx, t, "the new one", `(({ protocol, seed, fail }) => protocol === 'scrr' && seed === 21 && fail === 4)(
		gossip.views[0].history.head.run) && gossip.views[0].history.head.n === 5`)
}

// scriptsOfTheSite runs scripts from the list and typed in, right and wrong ones.
func scriptsOfTheSite(t *testing.T, ctx context.Context, address string) {
	visit(ctx, t, address+"#script=12-partition&node=2")
	await(ctx, t, "the script that the address names", `gossip.views[0].panels.controls.picked === '12-partition'`)
	click(ctx, t, `[data-do="script"]`)
	await(ctx, t, "its verdict", `gossip.views[0].history.head.end?.verdict === 'pass'`)
	await(ctx, t, "that the page says so, and shows the end",
		shows("source")+` === 'ended: pass' && !gossip.player.following && gossip.player.t === gossip.views[0].history.finish`)
	snapshot(ctx, t, "site-script.png")
	acts := evaluate[[]string](ctx, t, `gossip.views[0].history.events.filter((e) => e.k === 'act').map((e) => e.what)`)
	if want := []string{"mark", "partition", "heal", "mark"}; !slices.Equal(slices.Compact(acts), want) {
		t.Errorf("acts %v, want %v", acts, want)
	}
	play(ctx, t, "cluster 4 rr\n  burn node1\n")
	await(ctx, t, "where it is wrong", shows("script-wrong")+`.startsWith('Line 2, column 3: ') &&
		document.querySelector('.lab [data-at="script"]').selectionStart === 15`)
	play(ctx, t, "cluster 4 brr\nawait joined\nexpect dead node2\n")
	await(ctx, t, "that it failed, and why", `(({ end, n }) => n === 4 && end?.verdict === 'fail' &&
		end.text.includes('script.txt:3: expected dead'))(gossip.views[0].history.head)`)
	click(ctx, t, `[data-do="new"]`)
	await(ctx, t, "a cluster that goes on", `gossip.views[0].present !== null && gossip.views[0].history.head.t > 5`)
}

// play types a script in and runs it.
func play(ctx context.Context, t *testing.T, script string) {
	t.Helper()
	quoted, err := json.Marshal(script)
	must(t, err)
	must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](
		`document.querySelector('.lab [data-at="script"]').value = `+string(quoted))))
	click(ctx, t, `[data-do="script"]`)
}

func sideBySide(t *testing.T, ctx context.Context, address string) {
	visit(ctx, t, address+"compare.html#node=2")
	await(ctx, t, "both run", `gossip.views.length === 2 &&
		gossip.views.every((v) => v.history.head.n === 8 && v.history.head.t > 5)`)
	await(ctx, t, "two protocols of one seed", `((a, b) =>
		a.protocol === 'rr' && b.protocol === 'brr' && a.seed === b.seed)(
		...gossip.views.map((v) => v.history.head.run))`)
	click(ctx, t, `[data-do="kill"]`)
	await(ctx, t, "the verdict in both", `gossip.views.every((v) => v.history.head.failed[1])`)
	snapshot(ctx, t, "compare.png")
	play(ctx, t, "cluster 4 $PROTOCOL\nawait joined\nkill node2\nawait dead node2\n")
	await(ctx, t, "a script in both, each by its protocol", `gossip.views.every((v) => v.history.head.end?.verdict === 'pass' &&
		v.history.head.n === 4) && gossip.views[0].history.head.run.protocol === 'rr' &&
		gossip.views[1].history.head.run.protocol === 'brr'`)
}

func simulatorMissing(t *testing.T, ctx context.Context, address string) {
	load(ctx, t, address, `window.gossip`)
	await(ctx, t, "it says so", shows("source")+`.includes('sim.wasm: 404')`)
}

// picturesIn names a folder for pictures.
const picturesIn = "BROWSER_PICTURES"

// snapshot keeps a picture in that folder, if one is named.
func snapshot(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv(picturesIn)
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, name), picture, 0o644))
}
