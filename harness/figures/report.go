package figures

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/scenario"
)

// The report has figures 5 to 11, and tables 3 to 6 of the same runs: run time,
// messages and false failures of three cases by protocol and n. Which figure
// shows which is not recorded; here 5 to 7 are the times, 8 to 10 the messages,
// 11 the false failures, by case.
type reportFigure struct {
	figure int
	cases  []int
	name   string
	axis   string
	floor  float64
	ours   func(caseSummary) Estimate
	theirs func(reading) *float64
}

func reportFigures() []reportFigure {
	seconds := func(s caseSummary) Estimate { return s.Seconds }
	messages := func(s caseSummary) Estimate { return s.Messages }
	falses := func(s caseSummary) Estimate { return s.Falses }
	var all []reportFigure
	for c := 1; c <= 3; c++ {
		all = append(all, reportFigure{
			4 + c,
			[]int{c},
			"run time", "seconds to the result", 0, seconds,
			func(r reading) *float64 { return r.Seconds },
		})
	}
	for c := 1; c <= 3; c++ {
		all = append(all, reportFigure{
			7 + c,
			[]int{c},
			"messages", "messages in the case", 0.5, messages,
			func(r reading) *float64 { return r.Messages },
		})
	}
	return append(all, reportFigure{
		11,
		[]int{1, 2, 3},
		"false failures", "false failures", 0.5, falses,
		func(r reading) *float64 { return r.FalseFailures },
	})
}

// reportSheets draws the report's figures.
func reportSheets(ours []caseSummary, setting string) ([]sheet, error) {
	theirs, err := recorded()
	if err != nil {
		return nil, err
	}
	again, err := measured()
	if err != nil {
		return nil, err
	}
	var sheets []sheet
	for _, f := range reportFigures() {
		s := sheet{
			name: fmt.Sprintf("report-%02d", f.figure), columns: len(protocol.All()), width: 2.3 * vg.Inch,
			height: 2.6 * vg.Inch,
			note: setting + "; bars: 95 % intervals. The original's readings are its own and partly wrong; " +
				"which of its figures 5 to 11 shows what is inferred.",
		}
		s.title = fmt.Sprintf("The report's figure %d (inferred): %s", f.figure, f.name)
		if len(f.cases) == 1 {
			s.title += fmt.Sprintf(", case %d, %s", f.cases[0], caseTitles[f.cases[0]])
		}
		for _, c := range f.cases {
			for _, p := range protocol.All() {
				s.panels = append(s.panels, f.panel(c, p, ours, theirs, again))
			}
		}
		alike(s.panels)
		sheets = append(sheets, s)
	}
	return sheets, nil
}

func (f reportFigure) panel(c int, p protocol.Spec, ours []caseSummary, recorded, measured []reading) panel {
	title := p.Name
	if len(f.cases) > 1 {
		title = fmt.Sprintf("%s, case %d", p.Name, c)
	}
	d := panel{title: title, x: "nodes", y: f.axis, logX: true, logY: true, floorY: f.floor, ticksX: []float64{8, 16, 32}}
	of := func(rule protocol.Freshness, begin scenario.Begin) []dot {
		var dots []dot
		for _, o := range ours {
			if o.Case == c && o.Protocol == p.Name && o.Freshness == rule && o.Begin == begin {
				dots = append(dots, around(float64(o.Nodes), f.ours(o)))
			}
		}
		return dots
	}
	read := func(from []reading) []dot {
		var dots []dot
		for _, r := range from {
			if v := f.theirs(r); r.Case == c && r.Protocol == p.Name && v != nil {
				dots = append(dots, dot{x: float64(r.Nodes), y: *v})
			}
		}
		return dots
	}
	d.series = []series{
		{
			name: "here, simulated, at rest, by arrival", colour: blue, glyph: draw.CircleGlyph{}, line: true,
			points: of(protocol.Arrival, scenario.AtRest),
		},
		{
			name: "the same just joined", colour: purple, glyph: draw.RingGlyph{}, line: true, dashes: dashed,
			points: of(protocol.Arrival, scenario.JustJoined),
		},
		{
			name: "at rest, by emission", colour: green, glyph: draw.RingGlyph{}, line: true, dashes: dashed,
			points: of(protocol.Emission, scenario.AtRest),
		},
		{
			name: "the original, recorded by its authors", colour: orange, glyph: draw.SquareGlyph{}, line: true,
			dashes: dotted, points: read(recorded),
		},
		{name: "the original, run again in containers", colour: black, glyph: draw.CrossGlyph{}, points: read(measured)},
	}
	return d
}
