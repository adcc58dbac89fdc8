package xmlrpc_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// Calls to a host that does not answer the dial must not hold the host's
// connections once they have timed out.
func TestDialsEndWithTheirCalls(t *testing.T) {
	// A listener with a full backlog drops SYNs: dials hang.
	hostport, open := hangingListener(t)
	c := client(t, nil)
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, err := c.Call(ctx, hostport, "m"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, want the deadline", err)
			}
		})
	}
	calls.Wait()
	open()
	if _, err := c.Call(t.Context(), hostport, "m"); err != nil {
		t.Errorf("after the host is back: %v", err)
	}
}
