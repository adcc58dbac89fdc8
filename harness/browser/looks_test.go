package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"gossiprpc/internal/viewer"
)

// resultsStay looks for the results of a cluster when the next one has taken its place.
func resultsStay(ctx context.Context, t *testing.T, _ *simulated) {
	l := goLive(t)
	result := json.RawMessage(`{"case":1,"nodes":8,"protocol":"rr","seconds":4.5}`)
	begin := func(start string) {
		l.hub.Put(0, viewer.Run{Version: viewer.Version, Source: viewer.Live, Protocol: "rr", Speed: 5, Start: start})
		l.hub.Put(0, viewer.Node{Index: 0, Name: "node1", Address: "127.0.0.1:500"})
		l.hub.Put(0, viewer.Node{Index: 1, Name: "node2", Address: "127.0.0.1:5001"})
		l.hub.Put(9*time.Second, viewer.Case{Number: 1, What: viewer.CaseEnds, Result: result})
	}
	begin("first")
	load(ctx, t, l.page, `window.gossip`)
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-tab="cases"]`)))
	row := `[...document.querySelectorAll('[data-at="results"] tr')].map((tr) => tr.textContent).join()`
	await(ctx, t, "the result, and beside it the authors' at this speed",
		row+`.includes('4.5 s') && `+row+`.includes('8.0 s')`)
	begin("second")
	l.hub.Put(10*time.Second, viewer.Case{Number: 2, What: viewer.CaseBegins})
	l.hub.Put(10*time.Second, viewer.Case{Number: 2, What: viewer.CaseWaits, Waiting: "127.0.0.1:5001: 1 of 6"})
	await(ctx, t, "names in place of addresses", shows("running")+`.includes('It waits: node2: 1 of 6')`)
	await(ctx, t, "both, the first among the earlier ones", `gossip.views[0].panels.results().length === 2 &&
		document.querySelectorAll('[data-at="earlier"] tr').length === 1 &&
		document.querySelectorAll('[data-at="results"] tr').length === 1`)
}

// contrast computes that of all text with what is behind it, as WCAG 2 does for level AA.
func contrast(ctx context.Context, t *testing.T, run *simulated) {
	address := serveStream(t, run.lines)
	for _, theme := range []string{"light", "dark"} {
		visit(ctx, t, address+"#t=30&node=8&theme="+theme)
		for _, tab := range []string{"node", "cases", "log", "table"} {
			weak := evaluate[[]string](ctx, t, `(() => {
				gossip.views[0].panels.show("`+tab+`");
				const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
				const colour = (text, over) => {
					canvas.fillStyle = over;
					canvas.fillRect(0, 0, 1, 1);
					canvas.fillStyle = text;
					canvas.fillRect(0, 0, 1, 1);
					return canvas.getImageData(0, 0, 1, 1).data;
				};
				const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => {
					const v = c[i] / 255;
					return sum + share * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
				}, 0);
				const css = (c) => 'rgb(' + [...c].slice(0, 3).join() + ')';
				const behind = (e) => !e ? '#fff' :
					css(colour(getComputedStyle(e).backgroundColor, behind(e.parentElement)));
				const weak = new Set();
				for (const e of document.querySelectorAll('body *')) {
					if (!e.checkVisibility() || e.closest(':disabled, .unseen, #spoken')) continue;
					if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
					const style = getComputedStyle(e), back = behind(e);
					const [a, b] = [light(colour(style.color, back)), light(colour(back, back))].sort((x, y) => y - x);
					const size = parseFloat(style.fontSize);
					const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
					const ratio = (a + 0.05) / (b + 0.05);
					if (ratio < (large ? 3 : 4.5)) weak.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
				}
				return [...weak];
			})()`)
			if len(weak) > 0 {
				t.Errorf("%s, %s: too little contrast: %q", theme, tab, weak)
			}
		}
	}
	snapshot(ctx, t, "dark.png")
}

// allSizes has pictures made of clusters of several sizes, and of the type for projectors. The
// nodes' names are all there to read, in the table.
func allSizes(ctx context.Context, t *testing.T, _ *simulated) {
	looks := map[int]string{8: "&type=large", 32: "", 128: ""}
	if os.Getenv(picturesIn) != "" {
		looks[512] = "" // a minute for the race detector
	}
	for nodes, look := range looks {
		run := simulate(t, nodes, nil)
		visit(ctx, t, fmt.Sprintf("%s#t=30&node=%d%s", serveStream(t, run.lines), nodes, look))
		await(ctx, t, "the dead node is named", fmt.Sprintf(
			`(gossip.views[0].panels.show('table'), [...document.querySelectorAll('.nodes tbody tr')].filter((row) =>
			row.textContent.startsWith('node%d')).length === 1)`, nodes))
		snapshot(ctx, t, fmt.Sprintf("nodes-%d.png", nodes))
	}
}

// printed looks at a dark page as it is printed: light, no controls, and all panels.
func printed(ctx context.Context, t *testing.T, run *simulated) {
	visit(ctx, t, serveStream(t, run.lines)+"#t=30&node=8&theme=dark")
	media := func(kind string) {
		t.Helper()
		must(t, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind})
			return err
		})))
	}
	media("print")
	defer media("")
	await(ctx, t, "all panels and no controls", `['node', 'cases', 'log', 'table'].every((name) =>
		document.querySelector('[data-panel="' + name + '"]').checkVisibility()) &&
		!document.getElementById('transport').checkVisibility() && !document.querySelector('.tabs').checkVisibility()`)
	ground := evaluate[string](ctx, t, `getComputedStyle(document.body).backgroundColor`)
	if ground != "rgb(255, 255, 255)" {
		t.Errorf("the ground is %s, want white", ground)
	}
	await(ctx, t, "a node that lives is light inside", `(() => {
		const { ring, state } = gossip.views[0], { x, y } = ring.spot(0, state), canvas = document.querySelector('[data-at="ring"]');
		const scale = canvas.width / canvas.getBoundingClientRect().width;
		return [...canvas.getContext('2d').getImageData(x * scale, y * scale, 1, 1).data.slice(0, 3)].every((c) => c > 200);
	})()`)
	snapshot(ctx, t, "print.png")
}
