package consensus

import (
	"slices"
	"time"
)

// suspicion is one observer's that has not been cleared since.
type suspicion struct {
	by *node
	at time.Time
}

// suspect notes that the observer i began to suspect j.
func (s *State) suspect(i, j *node) { j.standing = append(j.standing, suspicion{i, s.now}) }

// unsuspect forgets what i said of j.
func unsuspect(i, j *node) {
	j.standing = slices.DeleteFunc(j.standing, func(s suspicion) bool { return s.by == i })
}

// silence forgets all that an observer said.
func (s *State) silence(i *node) {
	for _, j := range s.nodes {
		unsuspect(i, j)
	}
}

// suspectedAt is the first suspicion since the last heartbeat that stands; zero if there
// is none.
func (n *node) suspectedAt() time.Time {
	if len(n.standing) == 0 {
		return time.Time{}
	}
	return n.standing[0].at // they are in order
}
