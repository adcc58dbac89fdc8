package xmlrpc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
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
	for deadline := time.Now().Add(10 * time.Second); dialing(t, hostport); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("still dialing after the calls have ended")
		}
	}
	open()
	if _, err := c.Call(t.Context(), hostport, "m"); err != nil {
		t.Errorf("after the host is back: %v", err)
	}
}

// dialing tells whether the kernel still waits for hostport to answer a dial.
func dialing(t *testing.T, hostport string) bool {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := net.SplitHostPort(hostport)
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	const synSent = "02"
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) > 3 && strings.HasSuffix(fields[2], fmt.Sprintf(":%04X", port)) && fields[3] == synSent {
			return true
		}
	}
	return false
}
