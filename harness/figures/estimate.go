package figures

import (
	"fmt"
	"math"
)

// Estimate is a mean over independent runs with the half width of its 95 %
// confidence interval by Student's t. With one run there is no interval: Half is
// NaN.
type Estimate struct {
	Runs       int
	Mean, Half float64
}

// estimate leaves out values that are NaN: runs that have none.
func estimate(values []float64) Estimate {
	var e Estimate
	var sum, squares float64
	for _, v := range values {
		if !math.IsNaN(v) {
			e.Runs++
			sum += v
		}
	}
	if e.Runs == 0 {
		return Estimate{Mean: math.NaN(), Half: math.NaN()}
	}
	e.Mean = sum / float64(e.Runs)
	for _, v := range values {
		if !math.IsNaN(v) {
			squares += (v - e.Mean) * (v - e.Mean)
		}
	}
	e.Half = math.NaN()
	if e.Runs > 1 {
		free := e.Runs - 1
		e.Half = student(free) * math.Sqrt(squares/float64(free)/float64(e.Runs))
	}
	return e
}

// student is the 97.5 % quantile of Student's distribution, by Hill's expansion
// about the normal one (Abramowitz and Stegun, 26.7.5), exact for few degrees of
// freedom.
func student(free int) float64 {
	exact := []float64{12.706, 4.303, 3.182, 2.776, 2.571}
	if free <= len(exact) {
		return exact[free-1]
	}
	const z = 1.959964
	n := float64(free)
	return z + (z*z*z+z)/(4*n) + (5*math.Pow(z, 5)+16*z*z*z+3*z)/(96*n*n) +
		(3*math.Pow(z, 7)+19*math.Pow(z, 5)+17*z*z*z-15*z)/(384*n*n*n)
}

func (e Estimate) String() string {
	if math.IsNaN(e.Half) {
		return fmt.Sprintf("%.3g", e.Mean)
	}
	return fmt.Sprintf("%.3g ± %.2g", e.Mean, e.Half)
}
