package xmlrpc

import (
	"errors"
	"fmt"
	"strings"
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

// AsFault is the fault that a server answers an error with: the error itself if it is one.
func AsFault(err error) *Fault {
	var f *Fault
	if !errors.As(err, &f) {
		f = &Fault{Code: faultCode, Text: faultPrefix + err.Error()}
	}
	return f.bounded()
}

// maxFaultText is how long a fault's text may be that is sent, or taken from
// others, in bytes. What a stranger has sent must not come back to anybody in full.
const maxFaultText = 4 << 10

// bounded is f with its text cut to maxFaultText.
func (f *Fault) bounded() *Fault {
	if len(f.Text) <= maxFaultText {
		return f
	}
	return &Fault{Code: f.Code, Text: strings.ToValidUTF8(f.Text[:maxFaultText], "") + "..."}
}
