package xmlrpc

import (
	"errors"
	"fmt"
)

// Fault is XML-RPC's error answer: what a Method returns to choose code and text
// itself, and what a Client's Call returns (find it with errors.As) when the
// other side answered with one.
type Fault struct {
	Code int
	Text string
}

func (f *Fault) Error() string { return fmt.Sprintf("fault %d: %s", f.Code, f.Text) }

// Python's SimpleXMLRPCServer answers every exception as fault 1 with this form
// of text; clients of the original look for nothing finer.
const (
	faultCode   = 1
	faultPrefix = "<class 'Exception'>:"
)

func asFault(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Code: faultCode, Text: faultPrefix + err.Error()}
}
