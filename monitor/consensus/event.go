package consensus

import (
	"fmt"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
)

// Kind is what an Event tells.
type Kind uint8

const (
	Joined     Kind = iota + 1 // registered for the first time
	TakenIn                    // unknown, but spoke
	Restarted                  // a new incarnation began; Why says what showed it
	Beating                    // heartbeats, or a registration, after silence
	Silent                     // neither heartbeat nor registration within T_fail
	Eligible                   // its opinion counts from now on
	Ineligible                 // its opinion no longer counts
	Suspected                  // Observer suspects Node
	Cleared                    // Observer suspects Node no more; False: same incarnation
	Withdrawn                  // Observer has no opinion of Node any more
	Failed                     // verdict of failure, made by Observers
	Alive                      // taken back, because of Observers; False: same incarnation
	Forgotten                  // dropped
	Deaf                       // the monitor hears too little; Why says how little
	Hears                      // it hears enough again; Why says how much
)

var kindNames = [...]string{
	Joined: "joined", TakenIn: "taken in", Restarted: "restarted", Beating: "beating", Silent: "silent",
	Eligible: "eligible", Ineligible: "not eligible", Suspected: "suspected", Cleared: "cleared", Withdrawn: "withdrawn",
	Failed: "failed", Alive: "alive", Forgotten: "forgotten",
	Deaf: "deaf", Hears: "hears",
}

// String is the kind's name in logs and transcripts.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Event is one thing that changed. It is read-only and may be shared.
type Event struct {
	At          time.Time
	Kind        Kind
	Node        gossip.Address   // whom it is about
	Incarnation uint32           // of Node
	Observer    gossip.Address   // Suspected, Cleared, Withdrawn: whose opinion
	Observers   []gossip.Address // Failed: who suspects; Alive: who does not
	False       bool             // Cleared, Alive: the suspicion or verdict was wrong
	Why         string           // Restarted, Deaf, Hears
}

// String is the event as one line without its time.
func (e Event) String() string {
	switch e.Kind {
	case Deaf, Hears:
		return "monitor: " + e.Why // of no node
	case Restarted:
		return fmt.Sprintf("%s: incarnation %d, %s", e.Node, e.Incarnation, e.Why)
	case Suspected:
		return fmt.Sprintf("%s suspects %s", e.Observer, e.Node)
	case Cleared:
		if e.False {
			return fmt.Sprintf("%s clears %s: a false suspicion", e.Observer, e.Node)
		}
		return fmt.Sprintf("%s clears %s", e.Observer, e.Node)
	case Withdrawn:
		return fmt.Sprintf("%s has no opinion of %s any more", e.Observer, e.Node)
	case Failed:
		return fmt.Sprintf("%s: failed, suspected by %s", e.Node, names(e.Observers))
	case Alive:
		if e.False {
			return fmt.Sprintf("%s: alive, cleared by %s: a false failure", e.Node, names(e.Observers))
		}
		return fmt.Sprintf("%s: alive, cleared by %s", e.Node, names(e.Observers))
	}
	return fmt.Sprintf("%s: %s", e.Node, e.Kind)
}

func names(as []gossip.Address) string {
	var b strings.Builder
	for i, a := range as {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(a))
	}
	return b.String()
}
