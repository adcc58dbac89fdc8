package xmlrpc_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"gossiprpc/internal/xmlrpc"
	"gossiprpc/internal/xmlrpc/xmlrpctest"
)

// A look-up that takes longer than its call ends with it, holds up no other host's calls,
// and leaves nothing behind that would hold up a later call to its own.
func TestSlowNames(t *testing.T) {
	dns := xmlrpctest.NewDNS(t)
	c := client(t, func(o *xmlrpc.ClientOptions) { o.Dial = dns.Dial })
	_, port, err := net.SplitHostPort(serve(t, xmlrpc.Methods{
		"m": {Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) { return xmlrpc.NilValue(), nil }},
	}, xmlrpc.DefaultServerOptions()))
	if err != nil {
		t.Fatal(err)
	}
	slow, quick := net.JoinHostPort("slow.test", port), net.JoinHostPort("quick.test", port)
	dns.Hold("slow.test")
	waiting, giveUp := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	for range xmlrpc.DefaultClientOptions().PerHost {
		calls.Go(func() {
			if _, err := c.Call(waiting, slow, "m"); !errors.Is(err, context.Canceled) {
				t.Errorf("%v, want that the call was given up", err)
			}
		})
	}
	look, deadline := time.NewTicker(time.Millisecond), time.After(30*time.Second)
	defer look.Stop()
	for dns.Asked("slow.test") == 0 {
		select {
		case <-look.C:
		case <-deadline:
			t.Fatal("the name was not asked for")
		}
	}
	if _, err := c.Call(t.Context(), quick, "m"); err != nil {
		t.Errorf("another host, meanwhile: %v", err)
	}
	giveUp()
	calls.Wait()
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Call(short, slow, "m"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a name that is not answered: %v, want the deadline", err)
	}
	dns.Release("slow.test")
	if _, err := c.Call(t.Context(), slow, "m"); err != nil {
		t.Errorf("after the name is answered: %v", err)
	}
}
