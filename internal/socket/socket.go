// Package socket reads and writes TCP connections without telling Go's scheduler.
//
// Go tells its scheduler of every system call, as one may block; that wakes the thread that watches
// over those that do (sysmon), and a call that takes longer than 20 us has its processor given to
// another thread. A socket of Go's never blocks, so that there is nothing to watch. Of a node's
// processor time at rest a fifth went for it, of what a report costs the monitor more (docs/PERFORMANCE.md).
package socket

import "net"

// Listener returns l, whose connections are made by [Conn].
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return Conn(c), nil
}
