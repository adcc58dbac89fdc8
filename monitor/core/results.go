package core

import (
	"strings"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/testcase"
)

// ended is a result that is not written yet, because its protocol, or that of an
// earlier one, is still asked for.
type ended struct {
	result testcase.Result
	lookup *lookup
}

// writeResults writes those whose protocol will not become known any better.
func (c *Core) writeResults() {
	for len(c.ended) > 0 && !c.ended[0].lookup.open() {
		c.writeResult()
	}
}

// writeResult writes the first one that waits, and tells of it when that is done.
func (c *Core) writeResult() {
	r, found := c.ended[0].result, c.ended[0].lookup.known()
	c.ended = c.ended[1:]
	if found != nil {
		r.Protocol = found
	}
	files := []machine.Write{{File: c.config.Results, Append: true, Data: []byte(r.File())}}
	line, err := r.Line()
	if err == nil {
		files = append(files, machine.Write{File: records(c.config.Results), Append: true, Data: line})
	}
	c.write(files, func(failures []string) {
		if err != nil {
			failures = append(failures, err.Error())
		}
		c.tell(r, failures)
	})
}

// tell prints a result, once it is written or could not be.
func (c *Core) tell(r testcase.Result, failures []string) {
	c.telling--
	c.printf("%s", r.Terminal())
	for _, d := range r.Disputed {
		c.printf("disputed: %s is %s by verdict, heartbeats say otherwise; not suspected by %s\n",
			d.Node, d.Verdict, orNobody(d.Missing))
	}
	if len(failures) > 0 {
		c.printf("this result could not be written: %s\n", strings.Join(failures, "\n"))
	}
	c.prompt()
}

func orNobody(as []gossip.Address) string {
	if len(as) == 0 {
		return "nobody"
	}
	names := make([]string, len(as))
	for i, a := range as {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}

const recordsEnding = ".jsonl"

// records is results.jsonl for results.txt.
func records(results string) string {
	if dot := strings.LastIndexByte(results, '.'); dot > strings.LastIndexAny(results, `/\`) {
		results = results[:dot]
	}
	return results + recordsEnding
}
