package process

import (
	"encoding/json"
	"fmt"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// prompt is the original's, with its newline before and none at the end.
const prompt = "\n1.connect\n2.stop\n3.collect"

// digestFile is where collect leaves what the node knows.
const digestFile = "digestList.json"

func (p *Process) prompt() {
	if p.config.Console {
		p.emit(machine.Print{Text: prompt})
		p.said.atPrompt = true
	}
}

// typed acts on a line: one of the original's words, or its number.
func (p *Process) typed(line string) {
	p.said.atPrompt = false // behind the line stands a newline
	switch line {
	case "":
	case "1", "connect", "1.connect":
		p.startRounds()
	case "2", "stop", "2.stop":
		p.emit(machine.Exit{})
		return
	case "3", "collect", "3.collect":
		p.collect()
	default:
		p.print("unknown word %q, want connect, stop or collect (or 1, 2, 3)\n", line)
	}
	p.prompt()
}

func (p *Process) print(format string, args ...any) {
	p.emit(machine.Print{Text: fmt.Sprintf(format, args...)})
}

// startRounds starts the rounds now, or as soon as the provider has let the node
// in.
func (p *Process) startRounds() {
	p.connect = true
	if p.node != nil {
		p.feed(protocol.Connect{})
	}
}

// collect writes the original's digestList.json: address to [app version,
// generation, heartbeat].
func (p *Process) collect() {
	if p.node == nil {
		p.print("nothing to collect yet: the node waits for the provider\n")
		return
	}
	list := map[gossip.Address][3]int32{}
	for _, e := range p.node.Digest() {
		list[e.Address] = [3]int32{e.AppVersion, e.Generation, e.Heartbeat}
	}
	text, err := json.Marshal(list)
	if err != nil {
		p.log(machine.Warn, "digest not written", field("err", err.Error()))
		return
	}
	p.lastID++
	p.emit(machine.Write{ID: p.lastID, File: digestFile, Data: text})
}

// written is the outcome of collect.
func (p *Process) written(e machine.Written) {
	if e.Error != "" {
		p.log(machine.Warn, "digest not written", field("err", e.Error))
	}
}
