package host

import (
	"context"
	"errors"
	"fmt"

	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// call makes a call and returns its outcome.
func (h *Host) call(ctx context.Context, c machine.Call) machine.Ended {
	client := h.options.Servers
	if _, peer := c.Request.(machine.Message); peer {
		client = h.options.Peers
	}
	bounded, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	var answer machine.Answer
	var err error
	switch r := c.Request.(type) { // lists that have not changed need not go and come again
	case machine.Members:
		answer.Addresses, err = h.lists.Members(bounded, wire.Provider{Client: client, HostPort: string(c.To)})
	case machine.Report:
		err = h.told.Report(bounded, wire.Monitor{Client: client, HostPort: string(c.To)}, r)
	default:
		answer, err = wire.Do(bounded, client, c.To, r)
	}
	ended := machine.Ended{ID: c.ID, Answer: answer, Sent: h.sent()}
	if err == nil {
		return ended
	}
	ended.Error = &machine.CallError{Text: err.Error()}
	var fault *xmlrpc.Fault
	switch {
	case errors.As(err, &fault):
		ended.Error.Fault, ended.Error.Text = true, fault.Text
	case ctx.Err() == nil && bounded.Err() != nil:
		ended.Error.Text = fmt.Sprintf("call %s: no answer within %v", c.To, c.Timeout)
	}
	return ended
}

// sent is how many bytes have gone to peers.
func (h *Host) sent() int64 {
	if h.options.Peers == nil {
		return 0
	}
	return h.options.Peers.BytesSent()
}
