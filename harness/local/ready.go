package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/live"
)

// errPortTaken is wrapped by a start that found its port in use.
var errPortTaken = errors.New("port taken")

// launch starts a process and returns when it says that it listens.
func (c *cluster) launch(ctx context.Context, name string) error {
	p := c.commands[name]
	before := fileSize(p.Stderr)
	at := time.Now()
	if err := c.keeper.Start(ctx, name, p); err != nil {
		return err
	}
	c.started[name] = at
	delete(c.down, name)
	return live.Poll(ctx, name+" to listen", func() (bool, error) {
		said := readFrom(p.Stderr, before)
		if bytes.Contains(said, []byte("listening on ")) {
			return true, nil
		}
		if status, ended := c.keeper.Ended(name); ended {
			said = readFrom(p.Stderr, before)
			err := fmt.Errorf("%s did not start (%s): %s", name, status, lastLine(said))
			if bytes.Contains(said, []byte("in use")) {
				err = fmt.Errorf("%w: %w", errPortTaken, err)
			}
			return false, err
		}
		return false, nil
	})
}

// Ended names a process that has ended though nobody ended it.
func (c *cluster) Ended() error {
	if c.keeper.Gone() {
		return errors.New("the keeper of the cluster's processes has ended, and the cluster with it")
	}
	for name, p := range c.commands {
		if c.down[name] {
			continue
		}
		if _, started := c.started[name]; !started {
			continue
		}
		if status, ended := c.keeper.Ended(name); ended {
			return fmt.Errorf("%s %w (%s): %s", name, harness.ErrEnded, status, lastLine(readFrom(p.Stderr, 0)))
		}
	}
	return nil
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// readFrom returns what a log holds after an offset: nothing if the log is not there
// yet.
func readFrom(path string, offset int64) []byte {
	text, err := os.ReadFile(path)
	if err != nil || int64(len(text)) < offset {
		return nil
	}
	return text[offset:]
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
