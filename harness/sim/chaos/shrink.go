package chaos

import "slices"

// Shrink takes faults out of a failing plan, and simplifies what is left, as long
// as the same invariant fails; budget bounds the number of runs. It returns the
// smallest plan and how that fails.
func Shrink(p Plan, f Failure, budget int) (Plan, Failure) {
	s := &shrinker{best: p, failure: f, left: budget}
	for size := max(1, len(p.Faults)/2); size >= 1; {
		if !s.without(size) {
			size /= 2
		}
	}
	s.simplify()
	for s.without(1) {
	}
	return s.best, s.failure
}

type shrinker struct {
	best    Plan
	failure Failure
	left    int
}

// try keeps a plan that fails in the same way.
func (s *shrinker) try(p Plan) bool {
	if s.left <= 0 {
		return false
	}
	s.left--
	f, _, err := Play(p)
	if err != nil || f == nil || f.Invariant != s.failure.Invariant {
		return false
	}
	s.best, s.failure = p, *f
	return true
}

// without takes out the first run of faults of this length that is not needed.
func (s *shrinker) without(size int) bool {
	for i := 0; i+size <= len(s.best.Faults); i++ {
		p := s.best
		p.Faults = slices.Delete(slices.Clone(p.Faults), i, i+size)
		if s.try(p) {
			return true
		}
	}
	return false
}

// simplify makes the machines equal, and faults shorter and about fewer
// processes.
func (s *shrinker) simplify() {
	p := s.best
	p.Machines = nil
	s.try(p)
	for i := range s.best.Faults {
		for range 4 {
			p := s.best
			p.Faults = slices.Clone(p.Faults)
			p.Faults[i].For /= 2
			if p.Faults[i].For == 0 || !s.try(p) {
				break
			}
		}
		for len(s.best.Faults[i].Who) > 1 && s.best.Faults[i].Kind != Cut {
			smaller := false
			for k := range s.best.Faults[i].Who {
				p := s.best
				p.Faults = slices.Clone(p.Faults)
				p.Faults[i].Who = slices.Delete(slices.Clone(p.Faults[i].Who), k, k+1)
				if smaller = s.try(p); smaller {
					break
				}
			}
			if !smaller {
				break
			}
		}
	}
}
