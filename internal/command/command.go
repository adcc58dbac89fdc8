// Package command is what the three commands do alike as processes: ending at a
// signal, listening, and reading what is typed.
package command

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
)

// exitInterrupted is the shell's code for a process that Ctrl-C has ended.
const exitInterrupted = 130

// WithSignals ends the context at the first SIGINT or SIGTERM: one Ctrl-C is
// enough, and nobody is told goodbye (docs/DECISIONS.md, decision 13). The function
// releases the signals and returns the exit code that the end calls for: 130
// after SIGINT, else 0.
func WithSignals(ctx context.Context) (context.Context, func() int) {
	interrupted, release := signal.NotifyContext(ctx, os.Interrupt)
	ended, releaseTerm := signal.NotifyContext(interrupted, syscall.SIGTERM)
	return ended, func() int {
		code := config.ExitOK
		if interrupted.Err() != nil && ctx.Err() == nil {
			code = exitInterrupted
		}
		releaseTerm()
		release()
		return code
	}
}

// Listen opens the port of a process called self on host bind (empty: all
// addresses), and prints the one line that says it is ready.
func Listen(ctx context.Context, bind string, self gossip.Address, stderr io.Writer) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(bind, strconv.Itoa(self.Port())))
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", self, err)
	}
	fmt.Fprintf(stderr, "listening on %s as %s\n", l.Addr(), self)
	return l, nil
}

// Own is the address a process goes by (see [config.OwnName]).
func Own(ctx context.Context, advertise string, port int) (gossip.Address, error) {
	name, err := config.OwnName(ctx, advertise)
	if err != nil {
		return "", err
	}
	return gossip.NewAddress(name, port)
}

// Lines gives the lines of r without surrounding white space. The channel is
// closed at the end of r, or after the first line read once ctx has ended: a
// read of a terminal cannot be broken off, so its goroutine may outlive ctx until
// then.
func Lines(ctx context.Context, r io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			select {
			case lines <- strings.TrimSpace(s.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}
