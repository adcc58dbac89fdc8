package protocol_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gossiprpc/gossipnode/protocol"
)

// TestTranscripts plays the clusters of testdata. Those in byhand were worked
// out before the code was run; never rewrite them from its output.
func TestTranscripts(t *testing.T) {
	for _, folder := range []string{"testdata/byhand", "testdata/recorded"} {
		datadriven.Walk(t, folder, func(t *testing.T, path string) {
			p := &player{}
			datadriven.RunTest(t, path, p.play)
		})
	}
}

// player keeps the cluster between the commands of one transcript:
//
//	cluster protocol=NAME n=N [trace]   start N nodes and let them join
//	kill NODE offset=K [silent]         just before a round of that offset; t = 0 there
//	start NODE                          now
//	run DURATION [trace]                what opinions change; with trace all messages too
//	suspects                            whom each node suspects
type player struct {
	w    *network
	zero time.Time
	out  []string
}

func (p *player) play(t *testing.T, d *datadriven.TestData) string {
	p.out = nil
	trace := d.HasArg("trace")
	if p.w != nil {
		p.w.trace = p.tracer(trace)
	}
	switch d.Cmd {
	case "cluster":
		var name string
		var n int
		d.ScanArgs(t, "protocol", &name)
		d.ScanArgs(t, "n", &n)
		p.w = newNetwork(t, name, protocol.DefaultTiming())
		p.zero = p.w.now
		p.w.trace = p.tracer(trace)
		p.w.cluster(n)
		p.w.run(20 * time.Second)
		p.w.trace = nil
		p.w.run(160 * time.Second)
		for _, node := range p.w.names() {
			if got := len(p.w.nodes[node].node.Digest()); got != n {
				t.Fatalf("%s knows %d of %d nodes", node, got, n)
			}
		}
		return p.text() + "joined\n"
	case "kill":
		var offset int
		d.ScanArgs(t, "offset", &offset)
		p.w.untilOffset(offset)
		p.zero = p.w.now.Add(time.Nanosecond)
		if victim := d.CmdArgs[0].Key; d.HasArg("silent") {
			p.w.silence(victim)
		} else {
			p.w.kill(victim)
		}
	case "start":
		p.w.start(d.CmdArgs[0].Key)
	case "run":
		length, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		p.w.run(length)
	case "suspects":
		for _, node := range p.w.names() {
			if p.w.nodes[node].up {
				p.out = append(p.out, fmt.Sprintf("%s: %s", node, strings.Join(p.w.suspects(node), " ")))
			}
		}
	default:
		d.Fatalf(t, "unknown command %q", d.Cmd)
	}
	return p.text()
}

func (p *player) tracer(all bool) func(time.Time, string, string) {
	return func(at time.Time, node, what string) {
		if all || strings.HasPrefix(what, "suspects") || strings.HasPrefix(what, "trusts") || strings.HasPrefix(what, "steps") {
			p.out = append(p.out, fmt.Sprintf("%+7.3f %s %s", at.Sub(p.zero).Seconds(), node, what))
		}
	}
}

// text sorts what happened at one instant: nodes are not ordered.
func (p *player) text() string {
	slices.SortStableFunc(p.out, func(a, b string) int {
		if a[:7] == b[:7] {
			return strings.Compare(a, b)
		}
		return 0
	})
	if len(p.out) == 0 {
		return ""
	}
	return strings.Join(p.out, "\n") + "\n"
}

// untilOffset lets time pass until just before a round of the given offset;
// random has none, there any round will do.
func (w *network) untilOffset(offset int) {
	period := int64(1)
	if w.spec.Offset != nil {
		period = int64(w.spec.Period(len(w.nodes)))
	}
	w.untilRound(int64(offset-1)%period, period)
}
