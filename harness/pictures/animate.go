package pictures

import (
	"bytes"
	"cmp"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"maps"
	"slices"
)

const (
	delay = 20  // hundredths of a second from frame to frame
	hold  = 250 // and at the end
)

// unchanged is the palette's index of pixels that stay as they were.
const unchanged = 0

// animate makes a moving picture of frames of one size.
func animate(frames []image.Image) ([]byte, error) {
	if len(frames) == 0 {
		return nil, errors.New("no frames")
	}
	colours := newColours(frames)
	var g gif.GIF
	var before *image.Paletted
	for _, frame := range frames {
		whole := colours.paint(frame)
		g.Image = append(g.Image, difference(before, whole))
		g.Delay = append(g.Delay, delay)
		g.Disposal = append(g.Disposal, gif.DisposalNone)
		before = whole
	}
	g.Delay[len(g.Delay)-1] = hold
	var out bytes.Buffer
	err := gif.EncodeAll(&out, &g)
	return out.Bytes(), err
}

// colours are the most frequent ones of some frames; all others become the nearest.
type colours struct {
	palette color.Palette
	index   map[color.RGBA]uint8
}

func newColours(frames []image.Image) *colours {
	counts := map[color.RGBA]int{}
	for _, f := range frames {
		each(f, func(_ image.Point, c color.RGBA) { counts[c]++ })
	}
	often := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	k := &colours{color.Palette{color.RGBA{}}, map[color.RGBA]uint8{}}
	for _, c := range often[:min(255, len(often))] {
		k.index[c] = uint8(len(k.palette))
		k.palette = append(k.palette, c)
	}
	return k
}

func (k *colours) paint(frame image.Image) *image.Paletted {
	painted := image.NewPaletted(frame.Bounds(), k.palette)
	each(frame, func(at image.Point, c color.RGBA) {
		i, known := k.index[c]
		if !known {
			i = uint8(1 + k.palette[1:].Index(c)) //nolint:gosec // a palette has 256 entries
			k.index[c] = i
		}
		painted.SetColorIndex(at.X, at.Y, i)
	})
	return painted
}

func each(frame image.Image, do func(image.Point, color.RGBA)) {
	b := frame.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			do(image.Pt(x, y), color.RGBAModel.Convert(frame.At(x, y)).(color.RGBA))
		}
	}
}

// difference is the part of a frame in which it differs from the one before, in which
// what stays is left out.
func difference(before, now *image.Paletted) *image.Paletted {
	if before == nil {
		return now
	}
	changed := image.Rectangle{}
	diff := image.NewPaletted(now.Bounds(), now.Palette)
	for y := now.Rect.Min.Y; y < now.Rect.Max.Y; y++ {
		for x := now.Rect.Min.X; x < now.Rect.Max.X; x++ {
			i := now.ColorIndexAt(x, y)
			if i == before.ColorIndexAt(x, y) {
				i = unchanged
			} else {
				changed = changed.Union(image.Rect(x, y, x+1, y+1))
			}
			diff.SetColorIndex(x, y, i)
		}
	}
	if changed.Empty() {
		changed = image.Rect(0, 0, 1, 1) // a frame must have a pixel
	}
	return diff.SubImage(changed).(*image.Paletted)
}
