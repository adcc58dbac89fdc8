//go:build !linux || race

package socket

import "net"

// Conn returns c: elsewhere system calls are Go's affair, and the race detector needs to see them, as
// what is written to a socket happens before what is read from it.
func Conn(c net.Conn) net.Conn { return c }
