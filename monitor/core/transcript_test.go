package core_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/internal/transcript"
	"gossiprpc/monitor/testcase"
)

// TestTranscripts plays testdata/*.txt: what nodes tell a monitor, what is typed,
// and what it does. Files are written at once unless "hold" says otherwise.
//
//	new [protocol=rr] [provider=p:1] [nodes=2] [logs]
//	start at=0
//	events                 the event log's lines
//	steps                  reports, in the words of monitor/internal/transcript
//	type at=20             the lines below, one after the other
//	until at=30            time passes
//	answer id=1 at=21 (protocol=2 | error=away)
//	hold, release [first] [error=full]
//	file name=results.txt
//	record                 some of the last line of results.jsonl
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		p := &player{start: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
		p.now = p.start
		c := core.DefaultConfig()
		c.Debug = true
		p.begin(t, c)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			p.out.Reset()
			p.command(t, d)
			return strings.ReplaceAll(transcript.Short(p.out.String()), menu, "<menu>")
		})
	})
}

const menu = "1. \"Test Case for Single Node failure\"                             \n" +
	"2. \"Test Case for Simultaneous Failure\"                             \n" +
	"3. \"Test Case for Dead Node becomes Alive\"                             \n" +
	"4. \"stop\"\nor: status, cancel, forget NAME, collect, help\nEnter your input:"

// player runs a monitor in virtual time.
type player struct {
	start, now time.Time
	core       *core.Core
	logs       bool
	files      map[string]string
	held       []machine.Write
	holding    bool
	exited     bool
	reader     transcript.Reader
	out        strings.Builder
}

func (p *player) begin(t *testing.T, c core.Config) {
	t.Helper()
	var err error
	if p.core, err = core.New(c); err != nil {
		t.Fatal(err)
	}
	p.files, p.exited, p.reader = map[string]string{}, false, transcript.Reader{}
}

func (p *player) command(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	switch d.Cmd {
	case "new":
		p.begin(t, settings(t, d))
		p.logs = d.HasArg("logs")
	case "start":
		p.until(p.at(t, d))
		p.step(machine.Start{})
	case "steps":
		steps, err := p.reader.Parse(d.Input)
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		for _, s := range steps {
			p.until(p.start.Add(s.At))
			p.step(event(s.Input))
		}
	case "type":
		p.until(p.at(t, d))
		for line := range strings.Lines(d.Input) {
			p.step(machine.Line{Text: strings.TrimSuffix(line, "\n")})
		}
	case "until":
		p.until(p.at(t, d))
	case "answer":
		p.until(p.at(t, d))
		p.step(outcome(t, d))
	case "hold":
		p.holding = true
	case "release":
		p.release(t, d)
	case "events":
		for _, e := range p.core.Snapshot(p.now).Events {
			fmt.Fprintf(&p.out, "%s %s\n", e.At.Sub(p.start), e.Text)
		}
	case "file":
		var name string
		d.ScanArgs(t, "name", &name)
		fmt.Fprintf(&p.out, "%q", p.files[name])
	case "record":
		lines := strings.Split(strings.TrimSpace(p.files["results.jsonl"]), "\n")
		var r testcase.Result
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		protocol := "unknown"
		if r.Protocol != nil {
			protocol = *r.Protocol
		}
		fmt.Fprintf(&p.out, "line %d: case %d, protocol %s, bound %g s, victims %v\n",
			len(lines), r.Case, protocol, r.Settings.Bound, r.Victims)
	default:
		t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
	}
}

func settings(t *testing.T, d *datadriven.TestData) core.Config {
	t.Helper()
	c := core.DefaultConfig()
	c.Debug = true
	d.MaybeScanArgs(t, "protocol", &c.Protocol)
	d.MaybeScanArgs(t, "nodes", &c.MaxNodes)
	var provider string
	d.MaybeScanArgs(t, "provider", &provider)
	c.Provider = gossip.Address(provider)
	return c
}

func (p *player) at(t *testing.T, d *datadriven.TestData) time.Time {
	t.Helper()
	var seconds int
	d.ScanArgs(t, "at", &seconds)
	return p.start.Add(time.Duration(seconds) * time.Second)
}

// event is what the monitor is told by an input of a script.
func event(in consensus.Input) machine.Event {
	switch in := in.(type) {
	case consensus.Register:
		return machine.Called{Request: machine.Register{Node: in.Node}}
	case consensus.Heartbeat:
		return machine.Called{Request: machine.Heartbeat{Node: in.Node}}
	case consensus.States:
		return machine.Called{Request: machine.States{Node: in.Node, Map: in.Map, Messages: in.Messages}}
	case consensus.Suspects:
		return machine.Called{Request: machine.Suspects{Node: in.Node, Vector: in.Vector}}
	case consensus.Traffic:
		return machine.Called{Request: machine.Traffic{Node: in.Node, Bytes: in.Bytes}}
	case consensus.Forget:
		return machine.Line{Text: "forget " + string(in.Node)}
	}
	return machine.Tick{}
}

func outcome(t *testing.T, d *datadriven.TestData) machine.Ended {
	t.Helper()
	var id, number int
	var text string
	d.ScanArgs(t, "id", &id)
	d.MaybeScanArgs(t, "protocol", &number)
	ended := machine.Ended{ID: uint64(id), Answer: machine.Answer{Protocol: gossip.ProtocolNumber(number)}}
	if d.MaybeScanArgs(t, "error", &text) {
		ended.Error = &machine.CallError{Text: text}
	}
	return ended
}

// until wakes the monitor at all its deadlines until then, as a host does.
func (p *player) until(then time.Time) {
	for {
		next, due := p.core.Deadline()
		if !due || next.After(then) || p.exited {
			p.now = then
			return
		}
		p.now = next
		p.step(machine.Tick{})
	}
}

func (p *player) step(ev machine.Event) {
	if p.exited {
		return
	}
	for _, e := range p.core.Step(p.now, ev) {
		p.show(e)
		switch e := e.(type) {
		case machine.Write:
			p.held = append(p.held, e)
		case machine.Exit:
			p.exited = true
		}
	}
	if !p.holding {
		p.flush("")
	}
}

func (p *player) release(t *testing.T, d *datadriven.TestData) {
	t.Helper()
	var failure string
	d.MaybeScanArgs(t, "error", &failure)
	if d.HasArg("first") { // of what is held; the rest stays so
		p.write(failure)
		return
	}
	p.holding = false
	p.flush(failure)
}

// flush carries out what was to be written.
func (p *player) flush(failure string) {
	for len(p.held) > 0 {
		p.write(failure)
	}
}

func (p *player) write(failure string) {
	w := p.held[0]
	p.held = p.held[1:]
	if failure == "" {
		before := ""
		if w.Append {
			before = p.files[w.File]
		}
		p.files[w.File] = before + string(w.Data)
	}
	p.step(machine.Written{ID: w.ID, Error: failure})
}

func (p *player) show(e machine.Effect) {
	at := p.now.Sub(p.start)
	switch e := e.(type) {
	case machine.Print:
		fmt.Fprintf(&p.out, "%s print %s\n", at, strings.TrimSuffix(e.Text, "\n"))
	case machine.Call:
		fmt.Fprintf(&p.out, "%s call %d to %s: %T, timeout %s\n", at, e.ID, e.To, e.Request, e.Timeout)
	case machine.Write:
		fmt.Fprintf(&p.out, "%s write %s, append %t\n", at, e.File, e.Append)
	case machine.Exit:
		fmt.Fprintf(&p.out, "%s exit %s\n", at, e.Error)
	case machine.Reply:
		if e.Fault != "" {
			fmt.Fprintf(&p.out, "%s fault %s\n", at, e.Fault)
		}
	case machine.Log:
		if p.logs {
			fmt.Fprintf(&p.out, "%s log %d %s %v\n", at, e.Level, e.Text, e.Fields)
		}
	}
}
