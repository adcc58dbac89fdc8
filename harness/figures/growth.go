package figures

import (
	"fmt"
	"image/color"
	"math"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Growth is what a cluster of real processes took: one run of `scale`.
type Growth struct {
	Nodes int
	// What was taken, and sent, while nothing happened.
	AllNodes, Monitor, Provider Spent
	Sent                        float64 // bytes of gossip a second and node
	// Joined is since the last start, Death until one was found; 0: it did not come to that.
	Joined, Death, Bound time.Duration
}

// Spent is what processes took together.
type Spent struct {
	Cores  float64 // processor time a second
	Memory int64   // resident, bytes
}

// DrawGrowth draws what clusters took against their size, as NAME.png and NAME.svg in folder. The
// note says how it was measured.
func DrawGrowth(folder, name, title, note string, all []Growth) error {
	line := func(name string, colour color.Color, glyph draw.GlyphDrawer, y func(Growth) float64) series {
		s := series{name: name, colour: colour, glyph: glyph, line: true}
		for _, g := range all {
			s.points = append(s.points, dot{x: float64(g.Nodes), y: y(g)})
		}
		return s
	}
	three := func(y func(Spent) float64) []series {
		return []series{
			line("all nodes", blue, draw.CircleGlyph{}, func(g Growth) float64 { return y(g.AllNodes) }),
			line("monitor", orange, draw.TriangleGlyph{}, func(g Growth) float64 { return y(g.Monitor) }),
			line("provider", green, draw.BoxGlyph{}, func(g Growth) float64 { return y(g.Provider) }),
		}
	}
	var sizes []float64
	for _, g := range all {
		sizes = append(sizes, float64(g.Nodes))
	}
	bound := line("bound", purple, nil, func(g Growth) float64 { return secondsOf(g.Bound) })
	bound.dashes = dashed
	panels := []panel{
		{title: "Processor", y: "cores", logY: true, series: three(func(s Spent) float64 { return s.Cores })},
		{title: "Memory", y: "MB", logY: true, series: three(func(s Spent) float64 { return float64(s.Memory) / 1e6 })},
		{
			title: "Gossip sent by a node", y: "KiB a second",
			series: []series{line("a node", black, draw.CircleGlyph{}, func(g Growth) float64 { return g.Sent / 1024 })},
		},
		{
			title: "Joining, after the last start; and one death", y: "seconds",
			series: []series{
				line("joined", grey, draw.BoxGlyph{}, func(g Growth) float64 { return secondsOf(g.Joined) }),
				line("death found", purple, draw.TriangleGlyph{}, func(g Growth) float64 { return secondsOf(g.Death) }), bound,
			},
		},
	}
	for i := range panels {
		panels[i].x, panels[i].logX, panels[i].ticksX = "nodes", true, sizes
	}
	s := sheet{
		name: name, title: title, note: note, columns: 2, width: 4 * vg.Inch, height: 2.6 * vg.Inch, panels: panels,
	}
	if err := s.save(folder); err != nil {
		return fmt.Errorf("figure: %w", err)
	}
	return nil
}

// secondsOf is d in seconds; what was not measured is not drawn.
func secondsOf(d time.Duration) float64 {
	if d == 0 {
		return math.NaN()
	}
	return d.Seconds()
}
