package browser

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"gossiprpc/harness/lab"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

// runLab runs a lab in virtual time, and returns its page's address.
func runLab(t *testing.T) string {
	t.Helper()
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Nodes, o.Speed, o.Seed, o.Runs = sim.Backend{Live: true}, "rr", 5, 5, 3, t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	ended, addresses := make(chan error, 1), make(chan string, 1)
	go func() { ended <- lab.Run(ctx, o, true, func(a string) { addresses <- a }) }()
	t.Cleanup(func() {
		stop()
		must(t, <-ended)
	})
	select {
	case a := <-addresses:
		return a
	case err := <-ended:
		t.Fatalf("the lab has not begun: %v", err)
	}
	return ""
}

// TestKillByClickIsExplained kills a node by clicks alone, reads on the page how its
// death is found and why, and goes back to the moment of the kill.
func TestKillByClickIsExplained(t *testing.T) {
	program := chromium(t)
	address := runLab(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	ctx, closeBrowser := open(ctx, t, program)
	defer closeBrowser()
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900)))
	visit(ctx, t, address)
	evaluate[bool](ctx, t, `window.markedBeforeTheKill = true`)
	await(ctx, t, "all opinions count", `gossip.views[0].state.voice.filter(Boolean).length === 5`)

	place := evaluate[[2]float64](ctx, t, `(() => {
		const { ring, state } = gossip.views[0], box = document.querySelector('[data-at="ring"]').getBoundingClientRect();
		const { x, y } = ring.spot(4, state);
		return [box.left + x, box.top + y];
	})()`)
	must(t, chromedp.Do(ctx, chromedp.MouseClickXY(place[0], place[1])))
	await(ctx, t, "the node is selected", shows("lab-chosen")+` === 'Selected: node5'`)
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-do="kill"]`)))
	await(ctx, t, "the verdict shows", `gossip.views[0].state.failed[4]`)
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-tab="node"]`)))
	await(ctx, t, "and the reason", `/Why is node5 failed/.test(`+shows("node-name")+`) &&
		/last to suspect it/.test(`+shows("node-parts")+`)`)

	// Events have numbers, in the order in which the page was told of them.
	order := evaluate[[]int](ctx, t, `(() => {
		const { events } = gossip.views[0].history;
		const kill = events.findIndex((e) => e.k === 'act' && e.what === 'kill');
		const calls = new Set(events.filter((e) => e.k === 'send' && e.to === 4).map((e) => e.id));
		const after = (is) => events.findIndex((e, i) => i > kill && is(e));
		return [
			kill,
			after((e) => e.k === 'end' && e.how === 'refused' && calls.has(e.id)),
			after((e) => e.k === 'opinion' && e.of === 4 && e.suspect),
			after((e) => e.k === 'cell' && e.of === 4 && e.suspect),
			after((e) => e.k === 'verdict' && e.node === 4 && e.failed),
		];
	})()`)
	if order[0] < 0 || !slices.IsSorted(order) {
		t.Errorf("kill, failed call, opinion, suspicion at the monitor, verdict: events %v, want rising numbers", order)
	}
	must(t, chromedp.Do(ctx, chromedp.Click(`[data-tab="log"]`)))
	await(ctx, t, "the log tells it in this order",
		`/node5 is killed.*first suspicion of node5.*node5[^.]*failed/.test(`+shows("log")+`)`)

	must(t, chromedp.Do(ctx, chromedp.Click(`[data-tab="table"]`)))
	for range 20 {
		press(ctx, t, "[")
		if evaluate[bool](ctx, t, afterFrames(fmt.Sprintf(
			`gossip.player.t <= gossip.views[0].history.event(%d).t`, order[0]))) {
			break
		}
	}
	row := `document.querySelectorAll('[data-at="table"] tr')[gossip.views[0].state.order.indexOf(4)]`
	await(ctx, t, "back at the kill nobody suspects the node",
		row+`.cells[1].textContent === 'alive (killed)' && `+row+`.cells[3].textContent.startsWith('0 of')`)
	press(ctx, t, "l")
	await(ctx, t, "the present has the verdict", row+`.cells[1].textContent === 'failed (killed)'`)
	await(ctx, t, "the page was never loaded again", `window.markedBeforeTheKill === true`)
}
