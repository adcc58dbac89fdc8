package browser

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gossiprpc/harness/sim"
)

// BenchmarkFrames tells how long the page takes from frame to frame while a large
// run plays, drawn by software. The aim is a median under 16 ms at 128 nodes and 33 ms
// at 512.
func BenchmarkFrames(b *testing.B) {
	program := ""
	for _, nodes := range []int{8, 128, 512, 1000} {
		b.Run(fmt.Sprint(nodes), func(b *testing.B) {
			if program == "" {
				program = findChromium()
			}
			if program == "" {
				b.Skip("no chromium here")
			}
			run := simulate(b, nodes, func(c *sim.Config) { c.Joined, c.Lean = true, true })
			address := serveStream(b, run.lines)
			ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
			defer cancel()
			ctx, closeBrowser := openWith(ctx, b, program, chromedp.Flag("disable-frame-rate-limit", true),
				chromedp.Flag("disable-gpu-vsync", true))
			defer closeBrowser()
			err := chromedp.Do(ctx, chromedp.Navigate(address+"#t=20"))
			if err != nil {
				b.Fatal(err)
			}
			loaded := chromedp.Poll[bool](`window.gossip && gossip.views[0].state?.n > 0`)
			if _, err := chromedp.Run(ctx, loaded); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			var median, worst float64
			for range b.N {
				got := evaluate[[2]float64](ctx, b, `new Promise((done) => {
					const times = [];
					let last = performance.now();
					gossip.player.playing = true;
					const frame = (now) => {
						times.push(now - last);
						last = now;
						if (times.length < 200) { requestAnimationFrame(frame); return; }
						gossip.player.playing = false;
						times.sort((a, b) => a - b);
						done([times[100], times[190]]);
					};
					requestAnimationFrame(frame);
				})`)
				median, worst = got[0], got[1]
			}
			b.ReportMetric(median, "ms/frame")
			b.ReportMetric(worst, "ms/frame-p95")
			b.ReportMetric(0, "ns/op")
		})
	}
}
