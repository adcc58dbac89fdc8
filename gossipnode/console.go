package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"gossiprpc/internal/command"
	"gossiprpc/internal/gossip"
)

// errStopped is what ends a node whose console was told to stop.
var errStopped = errors.New("stopped at the console")

// prompt is the original's, with its newline before and none at the end.
const prompt = "\n1.connect\n2.stop\n3.collect"

// console is the original's: it takes the words, and their numbers too.
type console struct {
	node interface {
		Connect(ctx context.Context)
		Digest(ctx context.Context) gossip.Digest
	}
	in  io.Reader
	out io.Writer
	log *slog.Logger
}

// run acts on what is typed until ctx ends. The end of the input is not an
// error: the node goes on without its console.
func (c console) run(ctx context.Context) error {
	lines := command.Lines(ctx, c.in)
	for {
		fmt.Fprint(c.out, prompt)
		var line string
		var open bool
		select {
		case <-ctx.Done():
			return nil
		case line, open = <-lines:
		}
		if !open {
			c.log.Info("console closed, the node goes on")
			<-ctx.Done()
			return nil
		}
		switch line {
		case "":
		case "1", "connect", "1.connect":
			c.node.Connect(ctx)
		case "2", "stop", "2.stop":
			return errStopped
		case "3", "collect", "3.collect":
			c.collect(ctx)
		default:
			fmt.Fprintf(c.out, "unknown word %q, want connect, stop or collect (or 1, 2, 3)\n", line)
		}
	}
}

func (c console) collect(ctx context.Context) {
	digest := c.node.Digest(ctx)
	if digest == nil {
		fmt.Fprintln(c.out, "nothing to collect yet: the node waits for the provider")
		return
	}
	if err := writeDigest(digest); err != nil {
		c.log.Warn("digest not written", "err", err)
	}
}
