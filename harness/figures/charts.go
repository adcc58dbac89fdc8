package figures

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gossiprpc/gossipnode/protocol"
)

// Colours and marks of protocols, in the order of their table. Those that come
// after the last begin again with the first.
var (
	colours = []color.Color{blue, orange, green, purple, black}
	glyphs  = []draw.GlyphDrawer{
		draw.CircleGlyph{},
		draw.SquareGlyph{},
		draw.TriangleGlyph{},
		draw.PyramidGlyph{},
		draw.CrossGlyph{},
		draw.RingGlyph{},
	}
)

// look is how a protocol is drawn everywhere.
func look(name string) (color.Color, draw.GlyphDrawer) {
	i := slices.Index(protocol.Names(), name)
	return colours[i%len(colours)], glyphs[i%len(glyphs)]
}

var ruleTitles = map[protocol.Freshness]string{
	protocol.Arrival:  "news counts as of its arrival (the original's rule)",
	protocol.Emission: "news counts as of its emission",
}

// bothRules are the panels that most charts have; random gossip takes no hearsay
// and is in both.
var bothRules = []protocol.Freshness{protocol.Arrival, protocol.Emission}

func under(q Quality, rule protocol.Freshness) bool {
	return q.Freshness == rule || !q.Protocol.Hearsay(false)
}

// line returns a protocol's line through the qualities that take picks.
func line(p protocol.Spec, all []Quality, take func(Quality) (dot, bool)) series {
	colour, glyph := look(p.Name)
	s := series{name: p.Name, colour: colour, glyph: glyph, line: true}
	for _, q := range all {
		if d, ok := take(q); ok && q.Protocol.Name == p.Name {
			s.points = append(s.points, d)
		}
	}
	return s
}

// byFormula returns the detection time that follows from the spread of news: T_fail
// after the last news has reached the last node, averaged over the round of death,
// plus half an interval for the phase. It fills in sizes that no run has reached.
func byFormula(p protocol.Spec, t protocol.Timing, n int) float64 {
	if p.Offset == nil {
		return math.NaN()
	}
	period := p.Period(n)
	step := max(1, period/64)
	var sum, count float64
	for start := 0; start < period; start += step {
		sum += float64(p.SpreadRoundsFrom(n, int64(start)))
		count++
	}
	return t.Fail.Seconds() + (sum/count-0.5)*t.Gossip.Seconds()
}

// detectionSheet is detection time against n.
func detectionSheet(all []Quality, large []largeRun, timing protocol.Timing, note string) sheet {
	s := sheet{
		name: "detection", title: "From the death of one node to the monitor's verdict for good, no loss", columns: 2,
		width: 4.2 * vg.Inch, height: 3.6 * vg.Inch, note: note,
	}
	for _, rule := range bothRules {
		d := panel{
			title: ruleTitles[rule], x: "nodes", y: "seconds", logX: true, logY: true,
			ticksX: []float64{4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096},
		}
		for _, p := range protocol.All() {
			d.series = append(d.series, line(p, all, func(q Quality) (dot, bool) {
				return around(float64(q.Nodes), q.Detection), under(q, rule)
			}))
			colour, glyph := look(p.Name)
			single := series{colour: colour, glyph: glyph}
			for _, l := range large {
				if l.protocol == p.Name && (l.freshness == rule || !p.Hearsay(false)) {
					single.points = append(single.points, dot{x: float64(l.nodes), y: l.verdict})
				}
			}
			d.series = append(d.series, single)
			if rule == protocol.Arrival && p.Offset != nil && p.Hearsay(true) {
				f := series{name: p.Name + ", by formula", colour: colour, line: true, dashes: dotted}
				for n := 4; n <= 4096; n *= 2 {
					f.points = append(f.points, dot{x: float64(n), y: byFormula(p, timing, n)})
				}
				d.series = append(d.series, f)
			}
		}
		s.panels = append(s.panels, d)
	}
	alike(s.panels)
	return s
}

// trafficSheet is bytes and messages per node and second against n.
func trafficSheet(all []Quality, note string) sheet {
	s := sheet{
		name: "traffic", title: "Traffic between nodes, per node and second, no loss", columns: 2,
		width: 4.2 * vg.Inch, height: 3.4 * vg.Inch, note: note,
	}
	bytes := func(q Quality) Estimate { return q.Bytes }
	messages := func(q Quality) Estimate { return q.Messages }
	for i, pick := range []func(Quality) Estimate{bytes, messages} {
		d := panel{title: "bytes of calls' bodies", x: "nodes", y: "bytes per node and second", logX: true, logY: true}
		if i == 1 {
			d = panel{title: "calls begun", x: "nodes", y: "calls per node and second", logX: true}
		}
		for k, p := range protocol.All() {
			// The lines lie on each other: points are set apart.
			apart := math.Pow(1.09, float64(k)-1.5)
			l := line(p, all, func(q Quality) (dot, bool) {
				at := around(float64(q.Nodes)*apart, pick(q))
				return at, under(q, protocol.Arrival) && q.Calm > 0
			})
			d.series = append(d.series, l)
		}
		for _, q := range all {
			if q.Protocol.Number == protocol.All()[0].Number && q.Calm > 0 {
				d.ticksX = append(d.ticksX, float64(q.Nodes))
			}
		}
		s.panels = append(s.panels, d)
	}
	return s
}

// frontierSheet is detection time against wrong suspicions over T_fail.
func frontierSheet(all []Quality, note string) sheet {
	s := sheet{
		name: "frontier", columns: len(protocol.All()), width: 2.5 * vg.Inch, height: 3 * vg.Inch, note: note,
		title: fmt.Sprintf("The frontier over T_fail: %d nodes, %g %% of messages between nodes lost", frontierNodes,
			100*all[0].Loss),
	}
	for _, view := range []struct {
		of    func(Quality) Mistakes
		axis  string
		floor float64
		named bool
	}{
		{func(q Quality) Mistakes { return q.Observers }, "share of time an observer is wrong", 1e-5, true},
		{func(q Quality) Mistakes { return q.Verdicts }, "share of time the verdict is wrong", 1e-6, false},
	} {
		for _, p := range protocol.All() {
			d := panel{
				title: p.Title, x: "detection, s", y: view.axis, logX: true, logY: true, floorY: view.floor,
				minY: view.floor / 1.6, maxY: 1.6, ticksX: []float64{5, 10, 20, 50, 100},
			}
			for _, rule := range bothRules {
				l := series{name: ruleTitles[rule], colour: blue, glyph: draw.CircleGlyph{}, line: true}
				if rule == protocol.Emission {
					l.colour, l.glyph, l.dashes, l.wordsBelow = orange, draw.TriangleGlyph{}, dashed, true
				}
				for _, q := range all {
					if q.Protocol.Name != p.Name || q.Freshness != rule {
						continue
					}
					v := dot{x: q.Detection.Mean, y: 1 - view.of(q).Accuracy.Mean}
					if fail := q.Timing.Fail.Seconds(); view.named && (fail == 10 || fail == 24 || fail == 42) {
						v.word = fmt.Sprintf("%g s", fail)
					}
					l.points = append(l.points, v)
				}
				d.series = append(d.series, l)
			}
			s.panels = append(s.panels, d)
		}
	}
	return s
}

// qualitySheet is how often observers and verdicts are right, over loss.
func qualitySheet(all []Quality, note string) sheet {
	s := sheet{
		name: "quality", title: "Share of time in which opinions are wrong, over loss between nodes", columns: 3,
		width: 3.1 * vg.Inch, height: 2.9 * vg.Inch, note: note,
	}
	for _, view := range []struct {
		title string
		of    func(Quality) Mistakes
		rule  protocol.Freshness
	}{
		{"single observers, by arrival", func(q Quality) Mistakes { return q.Observers }, protocol.Arrival},
		{"single observers, by emission", func(q Quality) Mistakes { return q.Observers }, protocol.Emission},
	} {
		for _, n := range []int{8, 32, 128} {
			d := panel{title: fmt.Sprintf("%s, %d nodes", view.title, n), x: "loss, %", y: "share wrong", minY: -0.02, maxY: 1}
			for _, p := range protocol.All() {
				d.series = append(d.series, line(p, all, func(q Quality) (dot, bool) {
					return around(100*q.Loss, wrong(view.of(q).Accuracy)), q.Nodes == n && under(q, view.rule)
				}))
			}
			s.panels = append(s.panels, d)
		}
	}
	return s
}

// wrong is the complement of an accuracy.
func wrong(e Estimate) Estimate {
	e.Mean = 1 - e.Mean
	return e
}
