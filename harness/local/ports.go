package local

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are taken from below the range that systems take the ports of outgoing
// connections from (32768 and up on Linux, 49152 elsewhere): a node that is
// killed and started again must find its port still free.
const (
	firstPort = 12000
	lastPort  = 32000
)

// FreePorts finds n ports of 127.0.0.1 on which nobody listens now.
func FreePorts(ctx context.Context, n int) ([]int, error) {
	var ports []int
	var listen net.ListenConfig
	for port, tried := firstPort+rand.IntN(lastPort-firstPort), 0; len(ports) < n; port, tried = port+1, tried+1 {
		if tried > lastPort-firstPort {
			return nil, fmt.Errorf("no %d free ports between %d and %d", n, firstPort, lastPort)
		}
		if port > lastPort {
			port = firstPort
		}
		l, err := listen.Listen(ctx, "tcp", hostport(port))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

func hostport(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
