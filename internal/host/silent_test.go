package host_test

import (
	"net"
	"testing"

	"gossiprpc/internal/gossip"
)

// listen is an address that takes connections and never says anything.
func listen(t *testing.T) gossip.Address {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return gossip.Address(l.Addr().String())
}
