// Package transcript reads the scripts of the monitor's transcript tests: lines
// of what nodes tell the monitor, with their times, as the inputs of
// monitor/consensus. Only tests import it.
//
// A line is "TIME WORD NODES..." or "FROM..TO WORD NODES...", which repeats it
// every second, TO included. Times are offsets such as 1.5s; node n1 stands
// for n1:5000. The words:
//
//	register n1 n2
//	beat n1 n2
//	report n1 n2=1 n3=0                 (n1's fault vector: besides, what it has said of others
//	                                     since it registered)
//	report n1 n2=-                      (leaves n2 out from now on)
//	states n1 gen=7 hb=3 msgs=12 n2=7   (n1's state map; of n2 its generation)
//	traffic n1 4096
//	forget n1
//	tick
package transcript

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// Step is one input at an offset from the script's start.
type Step struct {
	At    time.Duration
	Input consensus.Input
}

// Reader reads the scripts of one transcript, each of which goes on from the one before. The
// zero value is ready for the first.
type Reader struct {
	said map[gossip.Address]map[gossip.Address]bool // by each node of the others
}

// Parse reads a script, sorted by time; lines of one instant keep their order.
func (r *Reader) Parse(text string) ([]Step, error) {
	var steps []Step
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		parsed, err := parseLine(fields)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
		}
		steps = append(steps, parsed...)
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	for i := range steps {
		steps[i].Input = r.complete(steps[i].Input)
	}
	return steps, nil
}

// changes is a vector that tells only what is new. It is an input, by what it embeds, no longer
// than until complete makes a whole vector of it.
type changes struct {
	consensus.Tick
	node  gossip.Address
	says  []gossip.Suspicion
	leave []gossip.Address
}

// complete makes a vector of changes.
func (r *Reader) complete(in consensus.Input) consensus.Input {
	if r.said == nil {
		r.said = map[gossip.Address]map[gossip.Address]bool{}
	}
	switch in := in.(type) {
	case consensus.Register:
		delete(r.said, in.Node)
	case consensus.Forget:
		delete(r.said, in.Node)
		for _, said := range r.said {
			delete(said, in.Node)
		}
	case changes:
		said := r.said[in.node]
		if said == nil {
			said = map[gossip.Address]bool{}
			r.said[in.node] = said
		}
		for _, c := range in.says {
			said[c.Address] = c.Suspected
		}
		for _, a := range in.leave {
			delete(said, a)
		}
		var cells []gossip.Suspicion
		for a, suspected := range said {
			cells = append(cells, gossip.Suspicion{Address: a, Suspected: suspected})
		}
		return consensus.Suspects{Node: in.node, Vector: gossip.NewFaultVector(cells)}
	}
	return in
}

func parseLine(fields []string) ([]Step, error) {
	first, last, repeated := strings.Cut(fields[0], "..")
	from, err := time.ParseDuration(first)
	if err != nil {
		return nil, err
	}
	to := from
	if repeated {
		if to, err = time.ParseDuration(last); err != nil {
			return nil, err
		}
	}
	if len(fields) < 2 {
		return nil, fmt.Errorf("no word after the time")
	}
	inputs, err := parseInputs(fields[1], fields[2:])
	if err != nil {
		return nil, err
	}
	var steps []Step
	for at := from; at <= to; at += time.Second {
		for _, in := range inputs {
			steps = append(steps, Step{At: at, Input: in})
		}
	}
	return steps, nil
}

func parseInputs(word string, args []string) ([]consensus.Input, error) {
	if word == "tick" {
		return []consensus.Input{consensus.Tick{}}, nil
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("%s of whom?", word)
	}
	first := Address(args[0])
	var inputs []consensus.Input
	switch word {
	case "register", "beat", "forget":
		for _, a := range args {
			inputs = append(inputs, map[string]consensus.Input{
				"register": consensus.Register{Node: Address(a)},
				"beat":     consensus.Heartbeat{Node: Address(a)},
				"forget":   consensus.Forget{Node: Address(a)},
			}[word])
		}
		return inputs, nil
	case "report":
		c := changes{node: first}
		for _, arg := range args[1:] {
			if name, ok := strings.CutSuffix(arg, "=-"); ok {
				c.leave = append(c.leave, Address(name))
				continue
			}
			name, value, err := number(arg)
			if err != nil {
				return nil, err
			}
			c.says = append(c.says, gossip.Suspicion{Address: Address(name), Suspected: value == 1})
		}
		return append(inputs, c), nil
	case "states":
		in := consensus.States{Node: first}
		own := gossip.EndpointState{Address: first, AppVersion: 1, Status: gossip.StatusNormal}
		states := []gossip.EndpointState{}
		for _, arg := range args[1:] {
			name, value, err := number(arg)
			if err != nil {
				return nil, err
			}
			switch name {
			case "gen":
				own.Generation = value
			case "hb":
				own.Heartbeat = value
			case "msgs":
				in.Messages = value
			default:
				states = append(states, gossip.EndpointState{Address: Address(name), AppVersion: 1, Generation: value, Status: gossip.StatusNormal})
			}
		}
		in.Map = gossip.NewStateMap(append(states, own))
		return append(inputs, in), nil
	case "traffic":
		bytes, err := strconv.ParseInt(args[len(args)-1], 10, 64)
		return append(inputs, consensus.Traffic{Node: first, Bytes: bytes}), err
	}
	return nil, fmt.Errorf("unknown word %q", word)
}

func number(arg string) (string, int32, error) {
	name, text, _ := strings.Cut(arg, "=")
	value, err := strconv.ParseInt(text, 10, 32)
	return name, int32(value), err
}

// Address is the node that a short name stands for.
func Address(name string) gossip.Address { return gossip.Address(name + ":5000") }

// Short writes node addresses in a text as the script does.
func Short(text string) string { return strings.ReplaceAll(text, ":5000", "") }
