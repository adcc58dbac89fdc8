package replay

import (
	"fmt"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
	"gossiprpc/internal/wire/size"
)

// traffic holds what a process's machine was told of the bytes sent to nodes against
// the messages that it sent. It is how processes, containers and the simulator are
// known to count alike.
type traffic struct {
	self     gossip.Address
	open     map[uint64]int // sizes of calls without an outcome yet
	answered int            // bytes that were sent for certain
	begun    int            // bytes of all calls
	told     int64
}

// check takes a step. What was sent is no less than the calls that were answered, and
// no more than those that were begun: a refused one has sent nothing.
func (t *traffic) check(s recording.Step) error {
	if e, ok := s.Event.(machine.Ended); ok {
		bytes := t.open[e.ID]
		delete(t.open, e.ID)
		if e.Error == nil || e.Error.Fault {
			t.answered += bytes
		}
		t.told = max(t.told, e.Sent)
		if t.told < int64(t.answered) || t.told > int64(t.begun) {
			return fmt.Errorf("event %s: %s bytes are said to have been sent; its calls to nodes make %s to %s",
				thousands(s.Number), thousands(int(t.told)), thousands(t.answered), thousands(t.begun))
		}
	}
	for _, effect := range s.Now {
		call, ok := effect.(machine.Call)
		if !ok {
			continue
		}
		if m, ok := call.Request.(machine.Message); ok {
			bytes := size.OfMessage(t.self, m.Message)
			t.open[call.ID] = bytes
			t.begun += bytes
		}
	}
	return nil
}
