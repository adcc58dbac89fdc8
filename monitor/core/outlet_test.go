package core

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gossiprpc/internal/machine"
	_ "gossiprpc/internal/property"
)

// TestBlocksAreWrittenOnceInOrder has writes fail at random. In the end the file has
// every block once, in order, and every block was told of once.
func TestBlocksAreWrittenOnceInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c, err := New(DefaultConfig())
		if err != nil {
			r.Fatal(err)
		}
		o, now := c.outlets[0], time.Unix(0, 0)
		var file, want strings.Builder
		told := map[int]int{}
		var waiting []machine.Write
		collect := func() {
			for _, e := range c.effects {
				if w, ok := e.(machine.Write); ok {
					waiting = append(waiting, w)
				}
			}
			c.effects = nil
			if len(waiting) > 1 {
				r.Fatalf("%d writes under way at once", len(waiting))
			}
		}
		blocks := rapid.IntRange(1, 20).Draw(r, "blocks")
		for sent, steps := 0, 0; ; steps++ {
			if steps > 10_000 {
				r.Fatalf("%d of %d blocks still wait", len(o.queue), sent)
			}
			switch action := rapid.IntRange(0, 3).Draw(r, "action"); {
			case action == 0 && sent < blocks:
				text := fmt.Sprintf("block %d\n", sent)
				want.WriteString(text)
				n := sent
				c.appendBlock(o, []byte(text), func(string) { told[n]++ })
				sent++
			case len(waiting) > 0:
				w := waiting[0]
				waiting = nil
				var failure string
				if action == 1 {
					failure = "full"
				} else {
					file.Write(w.Data)
				}
				if !c.appended(now, machine.Written{ID: w.ID, Error: failure}) {
					r.Fatal("the outcome is nobody's")
				}
			default:
				if at, due := c.retryAt(); due {
					now = at
				}
				c.retry(now)
			}
			collect()
			if sent == blocks && len(o.queue) == 0 {
				break
			}
		}
		if file.String() != want.String() {
			r.Errorf("the file has\n%swant\n%s", &file, &want)
		}
		for n := range blocks {
			if told[n] != 1 {
				r.Errorf("block %d was told of %d times", n, told[n])
			}
		}
		if text := c.unwritten(); text != "" {
			r.Errorf("in the end %q", text)
		}
	})
}

func TestWaitingBlocksAreBounded(t *testing.T) {
	c, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	o := c.outlets[0]
	for n := range maxBlocks + 7 {
		c.appendBlock(o, fmt.Appendf(nil, "block %d", n), func(string) {})
	}
	lost := 0
	for _, e := range c.effects {
		if l, ok := e.(machine.Log); ok && strings.Contains(l.Text, "result lost") {
			lost++
		}
	}
	if len(o.queue) != maxBlocks || lost != 7 || string(o.queue[1].data) != "block 8" {
		t.Errorf("%d wait, %d lost, the second is %q", len(o.queue), lost, o.queue[1].data)
	}
	if !strings.HasSuffix(fmt.Sprint(c.effects[1]), "block 1") {
		t.Errorf("the log does not have the lost block: %v", c.effects[1])
	}
}
