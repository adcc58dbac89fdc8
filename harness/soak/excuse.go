package soak

// Excuse is a reason for which a running node may be held dead. Each is counted.
type Excuse string

// All excuses. There is none for anything that happens to monitor or provider, to other
// nodes, or by the liar.
const (
	// WasDown lasts until a verdict about the node's absence is taken back, for its bound at
	// most; for T_fail if there is none yet.
	WasDown Excuse = "the node itself was down or paused just before"
	// WasLate does not make a run good: it could not tell.
	WasLate Excuse = "the machine stood still: the soak itself could not run"
)
