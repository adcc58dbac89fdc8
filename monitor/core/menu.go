package core

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gossiprpc/internal/machine"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// menuText is the original's but for one line before the prompt: its first three
// lines end in 29 spaces, and no newline follows the prompt.
var menuText = `1. "Test Case for Single Node failure"` + indent + "\n" +
	`2. "Test Case for Simultaneous Failure"` + indent + "\n" +
	`3. "Test Case for Dead Node becomes Alive"` + indent + "\n" +
	`4. "stop"` + "\nor: status, cancel, forget NAME, collect, help\nEnter your input:"

var indent = strings.Repeat(" ", 29)

const allowed = "1, 2, 3, 4, stop, status, cancel, forget NAME, collect or help"

// helpText says what the words do, and what they take.
const helpText = `1            begin the test case: one node dies
2            begin the test case: two nodes die at once
3            begin the test case: a dead node comes back
status       who is alive, why the others are not, what a running case waits for
cancel       drop the running test case, without a result
forget NAME  drop a node that will not return: its address, or its name alone
collect      write states.json and ip_mapping.json
stop, 4      end the monitor
help         these lines
`

// prompt shows the menu, unless a case is running or its result is still to be
// told: the original's shows none until then.
func (c *Core) prompt() {
	if c.running == nil && c.telling == 0 {
		c.printf("%s", menuText)
	}
}

// typed does what a line says.
func (c *Core) typed(now time.Time, line string) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	var err error
	switch word = strings.ToLower(word); word {
	case "":
	case "1", "2", "3":
		err = c.begin(now, testcase.Case(word[0]-'0'))
	case "4", "stop":
		c.stop(now)
		return
	case "collect":
		if err = c.collect(); err == nil {
			return
		}
	case "cancel":
		err = c.cancel(now)
	case "forget":
		err = c.forget(now, strings.TrimSpace(rest))
	case "help":
		c.printf("%s", helpText)
	case "status":
		c.conclude(now, consensus.Tick{})
		c.status(now)
	default:
		err = fmt.Errorf("unknown input %q, want %s", line, allowed)
	}
	if err != nil {
		c.printf("%v\n", err)
	}
	c.prompt()
}

// stop ends the process. Results that wait for the provider, or for the disk, are
// written first.
func (c *Core) stop(now time.Time) {
	c.running = nil
	for len(c.ended) > 0 {
		c.writeResult(now)
	}
	c.writeAll()
	c.emit(machine.Exit{})
}

// forget drops a node that will not return: by its address, or by its name if
// only one has it.
func (c *Core) forget(now time.Time, name string) error {
	if name == "" {
		return errors.New("forget: which node? want forget NAME")
	}
	found := c.find(name)
	switch len(found) {
	case 0:
		return fmt.Errorf("unknown node %q", name)
	case 1:
		c.drop(now, found[0])
		c.printf("%s: forgotten\n", found[0])
		return nil
	}
	return fmt.Errorf("unknown node %q: which of %v?", name, found)
}
