package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Shape is a family of delay distributions.
type Shape string

// The shapes, and what Low, High and Sigma of a [Delay] mean in each.
const (
	Constant    Shape = "constant"    // always Low
	Uniform     Shape = "uniform"     // from Low to High
	Exponential Shape = "exponential" // at least Low, High in the mean
	LogNormal   Shape = "lognormal"   // at least Low; the rest has median High-Low and Sigma of its logarithm
)

// Delay is a distribution of one-way delays. The zero value is no delay.
type Delay struct {
	Shape     Shape         `json:"shape"`
	Low, High time.Duration // see Shape
	Sigma     float64       // see Shape
}

// DefaultDelay is a quiet local network: 1 ms each way.
func DefaultDelay() Delay { return Delay{Shape: Constant, Low: time.Millisecond} }

func (d Delay) draw(r *rand.Rand) int64 {
	low, rest := int64(d.Low), float64(d.High-d.Low)
	switch d.Shape {
	case Uniform:
		return low + int64(r.Float64()*rest)
	case Exponential:
		return low + int64(r.ExpFloat64()*rest)
	case LogNormal:
		return low + int64(math.Exp(r.NormFloat64()*d.Sigma)*rest)
	}
	return low
}

func (d Delay) validate() error {
	switch d.Shape {
	case "", Constant:
		if d.Low < 0 {
			return fmt.Errorf("delay %v: want 0 or more", d.Low)
		}
		return nil
	case Uniform, Exponential, LogNormal:
		if d.Low < 0 || d.High < d.Low || d.Sigma < 0 {
			return fmt.Errorf("delay %s from %v to %v, sigma %g: want 0 <= low <= high, and sigma 0 or more", d.Shape, d.Low, d.High, d.Sigma)
		}
		return nil
	}
	return fmt.Errorf("delay shape %q: want %s, %s, %s or %s", d.Shape, Constant, Uniform, Exponential, LogNormal)
}
