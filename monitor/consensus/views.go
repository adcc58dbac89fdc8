package consensus

import (
	"hash/crc64"
	"time"

	"gossiprpc/internal/gossip"
)

// viewCount counts how many live nodes hold each view, so that agreement of
// all is known without comparing any two. A view is what a node reports of
// every endpoint (generation, status, version) and its matrix row, as a hash:
// a sum over the entries, so that one changed cell costs one addition.
type viewCount struct {
	count     map[uint64]int
	unanimous bool
	since     time.Time
}

// Unanimous tells whether all live nodes (not failed, heartbeats fresh) hold
// identical views, and since when.
func (s *State) Unanimous() (since time.Time, ok bool) {
	return s.views.since, s.views.unanimous
}

func (v *viewCount) update(n *node) {
	live, view := n.fresh && !n.failed, n.rowHash+n.statesHash
	if live == n.counted && (!live || view == n.view) {
		return
	}
	v.remove(n)
	if live {
		n.counted, n.view = true, view
		v.count[view]++
	}
}

func (v *viewCount) remove(n *node) {
	if !n.counted {
		return
	}
	n.counted = false
	if v.count[n.view]--; v.count[n.view] == 0 {
		delete(v.count, n.view)
	}
}

// agree looks at the end of an instant whether all hold one view.
func (s *State) agree() {
	if unanimous := len(s.views.count) == 1; unanimous != s.views.unanimous {
		s.views.unanimous, s.views.since = unanimous, s.now
		s.revision++
	}
}

func hashStates(m gossip.StateMap) uint64 {
	var sum uint64
	for _, e := range m {
		h := hashText(string(e.Address))
		h = mix(h ^ uint64(uint32(e.Generation))<<32 ^ uint64(uint32(e.AppVersion)))
		sum += mix(h ^ hashText(e.Status))
	}
	return sum
}

// hashText is the same in every run, so that a simulation is repeatable.
func hashText(s string) uint64 { return mix(crc64.Checksum([]byte(s), polynomial)) }

var polynomial = crc64.MakeTable(crc64.ECMA)

// mix is the finalizer of splitmix64.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
