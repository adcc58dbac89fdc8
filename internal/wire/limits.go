package wire

import (
	"fmt"
	"strings"

	"gossiprpc/internal/xmlrpc"
)

const (
	// maxEntries is how many entries a digest, a state map, a vector or a list of
	// addresses may have: as many as a node keeps names.
	maxEntries = 16384
	// maxStatus is how long an endpoint's status may be, in bytes. The original's is
	// "Normal".
	maxStatus = 64
	// smallCall is what a call may have whose arguments are an address and a number.
	smallCall = 8 << 10
)

// BodyLimit is how many bytes a call of a method needs at most; 0 when that depends
// on how many nodes there are.
func BodyLimit(method string) int64 {
	switch strings.TrimSuffix(method, terse.suffix) {
	case acceptSyn, acceptAck, acceptAck2, receiveGossip, sendEpStateMap, receiveStateMap, updateSuspectMatrix, reportAll, reportMarked:
		return 0
	}
	return smallCall
}

// entries checks how many entries a struct or an array has.
func entries(what string, v xmlrpc.Value) error {
	if n := max(len(v.Members), len(v.Items)); n > maxEntries {
		return fmt.Errorf("%w: %s has %d entries, want at most %d", ErrValue, what, n, maxEntries)
	}
	return nil
}

// decodeStatusText checks a status: it is shown to people and relayed to other nodes.
func decodeStatusText(what, text string) (string, error) {
	if len(text) > maxStatus {
		return "", fmt.Errorf("%w: %s has %d characters, want at most %d", ErrValue, what, len(text), maxStatus)
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return "", fmt.Errorf("%w: %s is %q, want printable ASCII", ErrValue, what, text)
		}
	}
	return text, nil
}
