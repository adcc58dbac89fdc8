package core

import (
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/testcase"
)

// ended is a result that is not written yet, because its protocol, or that of an
// earlier one, is still asked for.
type ended struct {
	result testcase.Result
	lookup *lookup
}

// writeResults writes those whose protocol will not become known any better.
func (c *Core) writeResults(now time.Time) {
	for len(c.ended) > 0 && !c.ended[0].lookup.open() {
		c.writeResult(now)
	}
}

// writeResult writes the first one that waits, and tells of it when that is done, or
// has to be tried again.
func (c *Core) writeResult(now time.Time) {
	r, found := c.ended[0].result, c.ended[0].lookup.known()
	c.ended = c.ended[1:]
	if found != nil {
		r.Protocol = found
	}
	line, err := r.Line()
	left, failures := 2, []string(nil)
	told := func(why string) {
		if why != "" {
			failures = append(failures, why)
		}
		if left--; left == 0 {
			c.tell(r, failures)
		}
	}
	c.appendBlock(now, c.outlets[0], []byte(r.File()), told)
	if err != nil {
		told(err.Error())
		return
	}
	c.appendBlock(now, c.outlets[1], line, told)
}

// tell prints a result, once it is written or has to wait for that.
func (c *Core) tell(r testcase.Result, failures []string) {
	c.telling--
	c.printf("%s", r.Terminal())
	for _, d := range r.Disputed {
		c.printf("disputed: %s is %s by verdict, heartbeats say otherwise; not suspected by %s\n",
			d.Node, d.Verdict, orNobody(d.Missing))
	}
	if len(failures) > 0 {
		c.printf("this result is not written yet, %s\n", strings.Join(failures, "; "))
	}
	c.prompt()
}

func orNobody(as []gossip.Address) string {
	if len(as) == 0 {
		return "nobody"
	}
	return few(as)
}

const recordsEnding = ".jsonl"

// Records is the path of results.jsonl beside that of results.txt.
func Records(results string) string {
	if dot := strings.LastIndexByte(results, '.'); dot > strings.LastIndexAny(results, `/\`) {
		results = results[:dot]
	}
	return results + recordsEnding
}
