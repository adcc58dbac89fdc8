package pictures

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"os"
	"testing"
)

// Frames of few colours come back as they were, whatever was left out between them.
func TestAnimate(t *testing.T) {
	var frames []image.Image
	for i := range 4 {
		f := image.NewRGBA(image.Rect(0, 0, 30, 20))
		draw.Draw(f, f.Bounds(), image.NewUniform(color.RGBA{250, 250, 250, 255}), image.Point{}, draw.Src)
		x := 5 * max(1, i) // the first two are equal
		draw.Draw(f, image.Rect(x, 4, x+6, 9), image.NewUniform(color.RGBA{200, 100, 0, 255}), image.Point{}, draw.Src)
		frames = append(frames, f)
	}
	picture, err := animate(frames)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(picture))
	if err != nil || len(g.Image) != len(frames) || g.Delay[0] != delay || g.Delay[3] != hold {
		t.Fatalf("%d frames, delays %v, %v", len(g.Image), g.Delay, err)
	}
	shown := image.NewRGBA(image.Rect(0, 0, 30, 20))
	for i, part := range g.Image {
		draw.Draw(shown, part.Bounds(), part, part.Bounds().Min, draw.Over)
		if !bytes.Equal(shown.Pix, frames[i].(*image.RGBA).Pix) {
			t.Errorf("frame %d is not what it was", i)
		}
		if i > 0 && part.Bounds().Dx()*part.Bounds().Dy() > 11*5 {
			t.Errorf("frame %d is sent as %v, which is more than has changed", i, part.Bounds())
		}
	}
	if _, err := animate(nil); err == nil {
		t.Error("no frames make a picture")
	}
}

// Rare colours become the nearest frequent one.
func TestRareColours(t *testing.T) {
	f := image.NewRGBA(image.Rect(0, 0, 300, 3))
	for x := range 300 {
		grey := uint8(x % 250)
		for y := range 3 {
			f.Set(x, y, color.RGBA{grey, grey, grey, 255})
		}
	}
	for x := range 20 {
		f.Set(x, 0, color.RGBA{100, 100, uint8(101 + x), 255})
	}
	painted := newColours([]image.Image{f}).paint(f)
	if len(painted.Palette) != 256 {
		t.Errorf("%d colours", len(painted.Palette))
	}
	for x := range 20 {
		r, g, b, a := painted.At(x, 0).RGBA()
		if r>>8 < 90 || r>>8 > 125 || g>>8 < 90 || g>>8 > 125 || b>>8 < 90 || b>>8 > 125 || a>>8 != 255 {
			t.Errorf("%v became %v", f.At(x, 0), painted.At(x, 0))
		}
	}
}

func TestStill(t *testing.T) {
	program, err := chromium()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := simulate(8)
	if err != nil {
		t.Fatal(err)
	}
	shot, err := r.show(t.Context(), program, "dark", still)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil || picture.Bounds().Dx() != 1440 || picture.Bounds().Dy() != 900 {
		t.Fatalf("a picture of %v: %v", picture.Bounds(), err)
	}
	if r, g, b, _ := picture.At(2, 2).RGBA(); r+g+b > 3*0x4000 {
		t.Errorf("the page in dark has the colour %v", picture.At(2, 2))
	}
}
