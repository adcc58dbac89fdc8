package figures

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// sheet is one figure: panels in a grid under a title, above one legend.
type sheet struct {
	name    string // of its files
	title   string
	note    string // a line below: what it was made of
	columns int
	width   vg.Length // of a panel
	height  vg.Length
	panels  []panel
}

// panel is one diagram. Where an axis is logarithmic, values below the floor are
// drawn on it and its tick says 0.
type panel struct {
	title, x, y string
	logX, logY  bool
	floorY      float64
	ticksX      []float64 // none: as the axis would have them
	minY, maxY  float64   // both 0: as the values are
	series      []series
}

// series is one line with its points.
type series struct {
	name   string
	colour color.Color
	dashes []vg.Length
	glyph  draw.GlyphDrawer // nil: no points
	line   bool
	band   bool // low to high as an area, not as bars

	wordsBelow bool
	points     []dot
}

// dot is a value with its interval (0: none) and a word beside it.
type dot struct {
	x, y      float64
	low, high float64
	word      string
}

// around makes a dot of an estimate.
func around(x float64, e Estimate) dot {
	d := dot{x: x, y: e.Mean}
	if !math.IsNaN(e.Half) && e.Half > 0 {
		d.low, d.high = e.Mean-e.Half, e.Mean+e.Half
	}
	return d
}

// Colours by Okabe and Ito, which people with any colour vision tell apart.
var (
	blue   = color.RGBA{0x00, 0x72, 0xB2, 0xFF}
	orange = color.RGBA{0xD5, 0x5E, 0x00, 0xFF}
	green  = color.RGBA{0x00, 0x9E, 0x73, 0xFF}
	purple = color.RGBA{0xAA, 0x3F, 0x8B, 0xFF}
	grey   = color.RGBA{0x77, 0x77, 0x77, 0xFF}
	black  = color.RGBA{0x20, 0x20, 0x20, 0xFF}
)

var (
	dashed = []vg.Length{vg.Points(5), vg.Points(3)}
	dotted = []vg.Length{vg.Points(1.5), vg.Points(2.5)}
)

const (
	titleHeight  = 24 * vg.Length(1)
	legendHeight = 20 * vg.Length(1) // of each of its lines
	noteHeight   = 16 * vg.Length(1)
	resolution   = 96
)

// save writes the sheet as PNG and SVG.
func (s sheet) save(folder string) error {
	rows := (len(s.panels) + s.columns - 1) / s.columns
	w := s.width * vg.Length(s.columns)
	h := s.height*vg.Length(rows) + titleHeight + legendHeight*vg.Length(len(s.legend(w))) + noteHeight
	image := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(resolution),
		vgimg.UseBackgroundColor(color.White))}
	vector := vgsvg.New(w, h)
	for ending, c := range map[string]vg.CanvasWriterTo{".png": image, ".svg": vector} {
		if err := s.draw(draw.New(c)); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		f, err := os.Create(filepath.Join(folder, s.name+ending))
		if err != nil {
			return err
		}
		if _, err := c.WriteTo(f); err != nil {
			f.Close()
			return fmt.Errorf("write %s: %w", f.Name(), err)
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (s sheet) draw(c draw.Canvas) error {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	style := textStyle(11, black)
	style.XAlign, style.YAlign = draw.XCenter, draw.YTop
	c.FillText(style, vg.Point{X: c.Center().X, Y: c.Max.Y - 6}, s.title)
	style = textStyle(7, grey)
	style.XAlign, style.YAlign = draw.XCenter, draw.YBottom
	c.FillText(style, vg.Point{X: c.Center().X, Y: c.Min.Y + 4}, s.note)

	middle := draw.Crop(c, 0, 0, noteHeight, -titleHeight)
	legend := s.legend(c.Size().X)
	legendTop := legendHeight * vg.Length(len(legend))
	for i, line := range legend {
		at := vg.Point{X: middle.Center().X, Y: middle.Min.Y + legendTop - legendHeight*(vg.Length(i)+0.5)}
		line.draw(middle, at)
	}
	rows := (len(s.panels) + s.columns - 1) / s.columns
	tiles := draw.Tiles{
		Rows: rows, Cols: s.columns, PadX: 10, PadY: 10, PadLeft: 8, PadRight: 14,
		PadBottom: legendTop + 2, PadTop: 4,
	}
	plots := make([][]*plot.Plot, rows)
	for i := range s.panels {
		p, err := s.panels[i].plot()
		if err != nil {
			return err
		}
		plots[i/s.columns] = append(plots[i/s.columns], p)
	}
	for len(plots[rows-1]) < s.columns {
		plots[rows-1] = append(plots[rows-1], nil)
	}
	for i, row := range plot.Align(plots, tiles, middle) {
		for k, area := range row {
			if plots[i][k] != nil {
				plots[i][k].Draw(area)
			}
		}
	}
	return nil
}

// legendLine is some names beside each other, and how wide they are together.
type legendLine struct {
	entries []series
	width   vg.Length
}

const thumb, thumbGap, legendSpace = vg.Length(26), vg.Length(5), vg.Length(16)

func legendStyle() text.Style {
	style := textStyle(8, black)
	style.YAlign = draw.YCenter
	return style
}

// legend has all names, each once, in as many lines as they need.
func (s sheet) legend(width vg.Length) []legendLine {
	style := legendStyle()
	lines := []legendLine{{}}
	seen := map[string]bool{}
	for _, p := range s.panels {
		for _, e := range p.series {
			if e.name == "" || seen[e.name] {
				continue
			}
			seen[e.name] = true
			wide := thumb + thumbGap + style.Width(e.name)
			last := &lines[len(lines)-1]
			if len(last.entries) > 0 && last.width+legendSpace+wide > width-2*legendSpace {
				lines = append(lines, legendLine{})
				last = &lines[len(lines)-1]
			}
			if len(last.entries) > 0 {
				last.width += legendSpace
			}
			last.entries, last.width = append(last.entries, e), last.width+wide
		}
	}
	return lines
}

// draw draws a line around a middle.
func (l legendLine) draw(c draw.Canvas, middle vg.Point) {
	style := legendStyle()
	x, y := middle.X-l.width/2, middle.Y
	for _, e := range l.entries {
		if e.band {
			c.FillPolygon(faint(e.colour), []vg.Point{
				{X: x, Y: y - 4},
				{X: x + thumb, Y: y - 4},
				{X: x + thumb, Y: y + 4},
				{X: x, Y: y + 4},
			})
		}
		if e.line {
			c.StrokeLine2(e.lineStyle(), x, y, x+thumb, y)
		}
		if e.glyph != nil {
			c.DrawGlyph(e.glyphStyle(), vg.Point{X: x + thumb/2, Y: y})
		}
		c.FillText(style, vg.Point{X: x + thumb + thumbGap, Y: y}, e.name)
		x += thumb + thumbGap + style.Width(e.name) + legendSpace
	}
}

func textStyle(size vg.Length, c color.Color) text.Style {
	s := plot.New().Title.TextStyle
	s.Font.Size, s.Color, s.XAlign, s.YAlign = size, c, draw.XLeft, draw.YBottom
	return s
}

func (s series) lineStyle() draw.LineStyle {
	return draw.LineStyle{Color: s.colour, Width: vg.Points(1.3), Dashes: s.dashes}
}

func (s series) glyphStyle() draw.GlyphStyle {
	return draw.GlyphStyle{Color: s.colour, Radius: vg.Points(3), Shape: s.glyph}
}

func faint(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	mix := func(v uint32) uint8 { return uint8(255 - (255-v>>8)*3/10) }
	return color.RGBA{mix(r), mix(g), mix(b), 255}
}

func (p panel) plot() (*plot.Plot, error) {
	d := plot.New()
	d.Title.Text, d.X.Label.Text, d.Y.Label.Text = p.title, p.x, p.y
	d.Title.TextStyle.Font.Size, d.Title.Padding = 9, 4
	for _, a := range []*plot.Axis{&d.X, &d.Y} {
		a.Label.TextStyle.Font.Size, a.Tick.Label.Font.Size = 8, 7
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{0xE4}, color.Gray{0xE4}
	d.Add(grid)
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range p.series {
		for _, v := range s.points {
			for _, y := range []float64{v.y, v.low, v.high} {
				if y = p.lift(y); !math.IsNaN(y) && (y > 0 || !p.logY) {
					low, high = min(low, y), max(high, y)
				}
			}
		}
		if err := p.add(d, s); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if p.logX {
		d.X.Scale = logScale{}
		d.X.Tick.Marker = plot.LogTicks{}
		d.X.Min, d.X.Max = d.X.Min/1.12, d.X.Max*1.12
	}
	if len(p.ticksX) > 0 {
		var ticks []plot.Tick
		for _, v := range p.ticksX {
			ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', -1, 64)})
		}
		d.X.Tick.Marker = plot.ConstantTicks(ticks)
	}
	switch {
	case p.logY && !math.IsInf(low, 0):
		d.Y.Scale = logScale{}
		d.Y.Min, d.Y.Max = low/1.25, high*1.25
		d.Y.Tick.Marker = p.logTicks()
	case !p.logY && p.maxY == 0 && !math.IsInf(low, 0):
		d.Y.Min, d.Y.Max = min(0, low), high*1.08
	}
	if p.minY != 0 || p.maxY != 0 {
		d.Y.Min, d.Y.Max = p.minY, p.maxY
	}
	return d, nil
}

// logScale is gonum's except at the middle of the range. Gonum asks for that point
// to place an axis's label, then draws the label in the middle of the axis, and
// would leave room for it in the wrong place.
type logScale struct{ plot.LogScale }

// Normalize returns the place of x on the axis, 0 to 1.
func (s logScale) Normalize(low, high, x float64) float64 {
	if x == 0.5*(low+high) {
		return 0.5
	}
	return s.LogScale.Normalize(low, high, x)
}

// alike gives panels one range, so that they can be compared.
func alike(panels []panel) {
	low, high := math.Inf(1), 0.0
	for i := range panels {
		l, h := panels[i].span()
		low, high = min(low, l), max(high, h)
	}
	for i := range panels {
		panels[i].minY, panels[i].maxY = low, high
	}
}

// span is a range for a logarithmic axis that holds all values.
func (p panel) span() (low, high float64) {
	low, high = math.Inf(1), 0
	for _, s := range p.series {
		for _, v := range s.points {
			if y := p.lift(v.y); !math.IsNaN(y) && y > 0 {
				low, high = min(low, y), max(high, y, v.high/1.3)
			}
		}
	}
	return low / 1.4, high * 1.4
}

// lift moves values that a logarithmic axis cannot show to its floor.
func (p panel) lift(y float64) float64 {
	if p.logY && y < p.floorY {
		return p.floorY
	}
	return y
}

// logTicks names powers of ten, and 2 and 5 between them where there are few.
func (p panel) logTicks() plot.Ticker {
	return plot.TickerFunc(func(low, high float64) []plot.Tick {
		var ticks []plot.Tick
		if low <= 0 || math.IsInf(high, 0) {
			return nil
		}
		few := high/low < 400
		for exponent := math.Floor(math.Log10(low)); exponent <= math.Ceil(math.Log10(high)); exponent++ {
			for _, m := range []float64{1, 2, 3, 4, 5, 6, 7, 8, 9} {
				v := m * math.Pow(10, exponent)
				if v < low || v > high || v <= p.floorY*1.001 {
					continue
				}
				t := plot.Tick{Value: v}
				if m == 1 || few && (m == 2 || m == 5) {
					t.Label = tickLabel(v)
				}
				ticks = append(ticks, t)
			}
		}
		if p.floorY > 0 && low <= p.floorY {
			ticks = append(ticks, plot.Tick{Value: p.floorY, Label: "0"})
		}
		return ticks
	})
}

// tickLabel writes powers of ten out where they are short.
func tickLabel(v float64) string {
	if v >= 1e-4 && v < 1e6 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func (p panel) add(d *plot.Plot, s series) error {
	var points plotter.XYs
	var dots []dot
	for _, v := range s.points {
		if math.IsNaN(v.y) || p.logX && v.x <= 0 || p.logY && p.floorY == 0 && v.y <= 0 {
			continue
		}
		v.y = p.lift(v.y)
		if v.high > v.low && p.logY {
			v.low, v.high = max(v.low, p.floorY, v.y/1e6), p.lift(v.high)
		}
		dots, points = append(dots, v), append(points, plotter.XY{X: v.x, Y: v.y})
	}
	if len(points) == 0 {
		return nil
	}
	if s.band {
		var edge plotter.XYs
		for _, v := range dots {
			edge = append(edge, plotter.XY{X: v.x, Y: v.low})
		}
		for _, v := range slices.Backward(dots) {
			edge = append(edge, plotter.XY{X: v.x, Y: v.high})
		}
		area, err := plotter.NewPolygon(edge)
		if err != nil {
			return err
		}
		area.Color, area.LineStyle.Width = faint(s.colour), 0
		d.Add(area)
	} else {
		d.Add(bars{draw.LineStyle{Color: s.colour, Width: vg.Points(0.8)}, dots})
	}
	if s.line {
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.LineStyle = s.lineStyle()
		d.Add(line)
	}
	if s.glyph != nil {
		scatter, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		scatter.GlyphStyle = s.glyphStyle()
		d.Add(scatter)
	}
	d.Add(words{textStyle(6.5, s.colour), dots, s.wordsBelow})
	return nil
}

// bars are vertical intervals, cut off at the diagram's edges; words stand beside
// their points. Neither takes part in the layout, so that panels line up.
type bars struct {
	style draw.LineStyle
	dots  []dot
}

func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, v := range b.dots {
		low, high := max(v.low, p.Y.Min), min(v.high, p.Y.Max)
		if low >= high {
			continue
		}
		at := x(v.x)
		c.StrokeLine2(b.style, at, y(low), at, y(high))
		for _, end := range []float64{v.low, v.high} {
			if end == low || end == high {
				c.StrokeLine2(b.style, at-2, y(end), at+2, y(end))
			}
		}
	}
}

type words struct {
	style text.Style
	dots  []dot
	below bool
}

func (w words) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, v := range w.dots {
		if v.word == "" {
			continue
		}
		at := vg.Point{X: x(v.x) + 3, Y: y(v.y) + 3}
		if w.below {
			at = vg.Point{X: x(v.x) - 3, Y: y(v.y) - 10}
		}
		c.FillText(w.style, at, v.word)
	}
}
