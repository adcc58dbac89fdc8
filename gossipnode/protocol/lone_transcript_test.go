package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// TestLoneTranscripts plays the single nodes of testdata/lone: each event that goes
// in, with all that comes out, and when the next tick is due.
func TestLoneTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/lone", func(t *testing.T, path string) {
		p := &lonePlayer{}
		datadriven.RunTest(t, path, p.play)
	})
}

// lonePlayer keeps the node, node1, between the commands of one transcript:
//
//	node protocol=NAME n=N [alone] [seed=K] [emission] [unaligned] [original=K]
//	     node1 among N that know each other, or that knows nobody
//	do   a line for each event, each begun with its time after the start:
//	       connect | tick | delivered ID | failed ID | list 1 2 3
//	       2 gossip 3:5 4:6+60       node2 tells of heartbeat 5 of node3; 60 is added
//	                                 to the generation of node4
//	       2 syn ... | 2 ack ... | 2 ack2 3:5/Leaving
//	run until=TIME [answer|refuse]   a tick whenever one is due; calls are answered,
//	                                 refused, or left alone
//	know what it knows: digest, opinions, message count, what it awaits
type lonePlayer struct {
	node *protocol.Node
	now  time.Time
	out  strings.Builder
}

func (p *lonePlayer) play(t *testing.T, d *datadriven.TestData) string {
	p.out.Reset()
	switch d.Cmd {
	case "node":
		p.make(t, d)
	case "do":
		for line := range strings.Lines(d.Input) {
			at, event, _ := strings.Cut(strings.TrimSpace(line), " ")
			after, err := time.ParseDuration(at)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			p.now = began.Add(after)
			p.step(parseEvent(t, event))
		}
	case "run":
		p.run(t, d)
	case "know":
		p.know()
	default:
		d.Fatalf(t, "unknown command %q", d.Cmd)
	}
	return p.out.String()
}

func (p *lonePlayer) make(t *testing.T, d *datadriven.TestData) {
	var name string
	n, seed, original := 1, 0, 0
	d.ScanArgs(t, "protocol", &name)
	d.MaybeScanArgs(t, "n", &n)
	d.MaybeScanArgs(t, "seed", &seed)
	d.MaybeScanArgs(t, "original", &original)
	spec, ok := protocol.ByName(name)
	if !ok {
		d.Fatalf(t, "no protocol %q", name)
	}
	c := protocol.Config{
		Self: numbered(1), Parameters: protocol.DefaultParameters(spec), Generation: int32(began.Unix()),
		Random: rand.New(rand.NewPCG(1, 1)),
	}
	c.Aligned = !d.HasArg("unaligned")
	if d.HasArg("emission") {
		c.Freshness = protocol.Emission
	}
	if seed > 0 {
		c.Seed = numbered(seed)
	}
	if !d.HasArg("alone") {
		var known gossip.Digest
		for i := 1; i <= n; i++ {
			e := entry(i, 0)
			if i == original {
				e.Generation = 57_600
			}
			known = append(known, e)
		}
		c.Known = protocol.NewAcquaintance(known)
	}
	node, err := protocol.New(c, began)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	p.node, p.now = node, began
}

func (p *lonePlayer) run(t *testing.T, d *datadriven.TestData) {
	var until string
	d.ScanArgs(t, "until", &until)
	length, err := time.ParseDuration(until)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	for due := p.node.Deadline(); !due.After(began.Add(length)); due = p.node.Deadline() {
		p.now = due
		calls := p.step(protocol.Tick{})
		for len(calls) > 0 {
			next := calls[0]
			calls = calls[1:]
			switch {
			case d.HasArg("answer"):
				calls = append(calls, p.step(protocol.Delivered{ID: next.ID})...)
			case d.HasArg("refuse"):
				calls = append(calls, p.step(protocol.Failed{ID: next.ID})...)
			}
		}
	}
}

// step writes down what comes of an event, and returns the calls.
func (p *lonePlayer) step(ev protocol.Event) []protocol.Send {
	before := p.node.Deadline()
	effects := p.node.Step(p.now, ev)
	for _, e := range effects {
		fmt.Fprintf(&p.out, "%v %s\n", p.now.Sub(began), p.effect(e))
	}
	if due := p.node.Deadline(); len(effects) == 0 || !due.Equal(before) {
		fmt.Fprintf(&p.out, "%v   next tick at %v\n", p.now.Sub(began), due.Sub(began))
	}
	return only[protocol.Send](effects)
}

func (p *lonePlayer) know() {
	fmt.Fprintf(&p.out, "%s; %s; awaits %q\n", digestText(p.node.Digest()), vectorText(p.node.FaultVector()), p.node.Awaits())
	if r, ok := p.node.NextRound(); ok {
		fmt.Fprintf(&p.out, "the next round is at %v and goes to %q\n", r.At.Sub(began), shortName(r.Target))
	}
}

func (p *lonePlayer) effect(e protocol.Effect) string {
	switch e := e.(type) {
	case protocol.Send:
		return fmt.Sprintf("call %d: %s", e.ID, messageText(e, p.now))
	case protocol.ReportHeartbeat:
		return "beats"
	case protocol.ReportStates:
		return fmt.Sprintf("reports %d messages and states %s", e.Count, statesText(e.States, p.now))
	case protocol.ReportVector:
		return "reports " + vectorText(e.Vector)
	case protocol.FetchMembers:
		return "asks for the list"
	case protocol.Rejoin:
		return "registers again"
	case protocol.OpinionChanged:
		return fmt.Sprintf("suspects %s: %v, %s", shortName(e.Peer), e.Suspected, e.Reason)
	case protocol.SteppedOver:
		return fmt.Sprintf("steps over to heartbeat %d, generation %+d", e.Heartbeat, e.Generation-int32(began.Unix()))
	case protocol.PaceMismatch:
		return fmt.Sprintf("%s beats every %v", shortName(e.Peer), e.Observed)
	}
	return fmt.Sprintf("%T %+v", e, e)
}

// shortName is a node's number.
func shortName(a gossip.Address) string {
	return strings.TrimLeft(strings.TrimPrefix(a.Name(), "node"), "0")
}

func messageText(s protocol.Send, now time.Time) string {
	text := fmt.Sprintf("%s to %s", s.Message.Kind(), shortName(s.To))
	switch m := s.Message.(type) {
	case gossip.Gossip:
		return text + " " + digestText(m.Digest)
	case gossip.Syn:
		return text + " " + digestText(m.Digest)
	case gossip.Ack:
		var wanted []string
		for _, a := range m.Wanted {
			wanted = append(wanted, shortName(a))
		}
		return fmt.Sprintf("%s wants %v %s", text, wanted, statesText(m.States, now))
	case gossip.Ack2:
		return text + " " + statesText(m.States, now)
	}
	return text
}

func versionText(a gossip.Address, generation, heartbeat int32) string {
	text := fmt.Sprintf("%s:%d", shortName(a), heartbeat)
	if generation != int32(began.Unix()) && generation < 86_400 {
		return text + fmt.Sprintf("=%d", generation)
	} else if later := generation - int32(began.Unix()); later != 0 {
		return text + fmt.Sprintf("%+d", later)
	}
	return text
}

func digestText(d gossip.Digest) string {
	var all []string
	for _, e := range d {
		all = append(all, versionText(e.Address, e.Generation, e.Heartbeat))
	}
	return fmt.Sprint(all)
}

// statesText has the status unless it is Normal, and how old the news is.
func statesText(m gossip.StateMap, now time.Time) string {
	var all []string
	for _, s := range m {
		text := versionText(s.Address, s.Generation, s.Heartbeat)
		if s.Status != gossip.StatusNormal {
			text += "/" + s.Status
		}
		all = append(all, text+"@-"+now.Sub(s.Updated).String())
	}
	return fmt.Sprint(all)
}

func vectorText(v gossip.FaultVector) string {
	var alive, suspected []string
	for _, s := range v {
		if s.Suspected {
			suspected = append(suspected, shortName(s.Address))
		} else {
			alive = append(alive, shortName(s.Address))
		}
	}
	return fmt.Sprintf("alive %v suspected %v", alive, suspected)
}

func parseEvent(t *testing.T, text string) protocol.Event {
	t.Helper()
	words := strings.Fields(text)
	switch words[0] {
	case "tick":
		return protocol.Tick{}
	case "connect":
		return protocol.Connect{}
	case "delivered":
		return protocol.Delivered{ID: uint64(number(t, words[1]))}
	case "failed":
		return protocol.Failed{ID: uint64(number(t, words[1]))}
	case "list":
		var list []gossip.Address
		for _, w := range words[1:] {
			list = append(list, numbered(number(t, w)))
		}
		return protocol.Members{List: list}
	}
	return protocol.Receive{From: numbered(number(t, words[0])), Message: parseMessage(t, words[1], words[2:])}
}

func parseMessage(t *testing.T, kind string, words []string) gossip.Message {
	t.Helper()
	var digest gossip.Digest
	var states gossip.StateMap
	for _, w := range words {
		w, status, has := strings.Cut(w, "/")
		if !has {
			status = gossip.StatusNormal
		}
		w, later, _ := strings.Cut(w, "+")
		node, heartbeat, _ := strings.Cut(w, ":")
		e := entry(number(t, node), int32(number(t, heartbeat)))
		if later != "" {
			e.Generation += int32(number(t, later))
		}
		digest = append(digest, e)
		states = append(states, gossip.EndpointState{
			Address: e.Address, AppVersion: 1, Generation: e.Generation, Heartbeat: e.Heartbeat, Status: status,
		})
	}
	switch kind {
	case "gossip":
		return gossip.Gossip{Digest: gossip.NewDigest(digest)}
	case "syn":
		return gossip.Syn{ClusterID: gossip.ClusterID, Digest: gossip.NewDigest(digest)}
	case "ack":
		return gossip.Ack{States: states}
	case "ack2":
		return gossip.Ack2{States: states}
	}
	t.Fatalf("unknown message %q", kind)
	return nil
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
