package soak

// Excuse is a reason for which a running node may be held dead. Each is counted.
type Excuse string

// All excuses. There is none for anything that happens to monitor or provider, to other
// nodes, or by the liar.
const (
	// WasDown lasts until the node has been seen alive again, for its bound at most.
	WasDown Excuse = "the node itself was down or paused just before"
	// WasLate does not make a run good: it could not tell.
	WasLate Excuse = "the machine stood still: the soak itself could not run"
)
