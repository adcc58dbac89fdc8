package replay

import (
	"fmt"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

// eventWords says what happened.
func eventWords(ev machine.Event) string {
	switch ev := ev.(type) {
	case machine.Start:
		return "the process starts"
	case machine.Tick:
		return "time passes"
	case machine.Line:
		return fmt.Sprintf("%q is typed", ev.Text)
	case machine.Called:
		return "it is called: " + requestWords(ev.Request)
	case machine.Ended:
		return endedWords(ev)
	case machine.Written:
		if ev.Error != "" {
			return fmt.Sprintf("write %d failed: %s", ev.ID, ev.Error)
		}
		return fmt.Sprintf("write %d is done", ev.ID)
	}
	return fmt.Sprintf("%+v", ev)
}

func endedWords(ev machine.Ended) string {
	call := fmt.Sprintf("its call %d", ev.ID)
	switch err := ev.Error; {
	case err == nil:
		return call + " is answered" + answerWords(ev.Answer)
	case err.Fault:
		return call + " is answered with a fault: " + err.Text
	default:
		return call + " has no answer: " + err.Text
	}
}

func answerWords(a machine.Answer) string {
	switch {
	case a.Protocol != 0:
		return fmt.Sprintf(": protocol %d", a.Protocol)
	case a.Addresses != nil:
		return ": " + addressWords(a.Addresses)
	}
	return ""
}

func addressWords(list []gossip.Address) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = string(a)
	}
	return "[" + strings.Join(words, " ") + "]"
}

// effectWords says what is to be done.
func effectWords(effect machine.Effect) string {
	switch e := effect.(type) {
	case machine.Call:
		return fmt.Sprintf("call %d to %s, at most %v: %s", e.ID, e.To, e.Timeout, requestWords(e.Request))
	case machine.Reply:
		if e.Fault != "" {
			return "reply with a fault: " + e.Fault
		}
		return "reply" + answerWords(e.Answer)
	case machine.Print:
		return fmt.Sprintf("print %q", e.Text)
	case machine.Log:
		return "log " + e.String()
	case machine.Write:
		how := "write"
		if e.Append {
			how = "append to"
		}
		return fmt.Sprintf("%s %s (%d): %q", how, e.File, e.ID, e.Data)
	case machine.Exit:
		if e.Error != "" {
			return "exit: " + e.Error
		}
		return "exit"
	}
	return fmt.Sprintf("%+v", effect)
}

func requestWords(r machine.Request) string {
	switch r := r.(type) {
	case machine.Message:
		return messageWords(r.Message) + " from " + string(r.From)
	case machine.Register:
		return "register " + string(r.Node)
	case machine.Heartbeat:
		return "heartbeat of " + string(r.Node)
	case machine.States:
		return fmt.Sprintf("states of %s, %d messages: %s", r.Node, r.Messages, stateWords(r.Map))
	case machine.Suspects:
		return fmt.Sprintf("fault vector of %s, generation %d: %s", r.Node, r.Generation, vectorWords(r.Vector))
	case machine.Traffic:
		return fmt.Sprintf("traffic of %s: %d bytes", r.Node, r.Bytes)
	case machine.Report:
		var parts []string
		for _, part := range r.Parts() {
			parts = append(parts, requestWords(part))
		}
		return strings.Join(parts, "; ")
	case machine.Mapping:
		return "which nodes it knows"
	case machine.Join:
		return "join of " + string(r.Node)
	case machine.Members:
		return "who has joined"
	case machine.Protocol:
		return "which protocol"
	}
	return fmt.Sprintf("%+v", r)
}

func messageWords(m gossip.Message) string {
	switch m := m.(type) {
	case gossip.Syn:
		return "syn " + digestWords(m.Digest)
	case gossip.Ack:
		return "ack, wants " + addressWords(m.Wanted) + ", tells " + stateWords(m.States)
	case gossip.Ack2:
		return "ack2 " + stateWords(m.States)
	case gossip.Gossip:
		return "gossip " + digestWords(m.Digest)
	}
	return fmt.Sprintf("%+v", m)
}

// digestWords is each endpoint with its generation and heartbeat.
func digestWords(d gossip.Digest) string {
	words := make([]string, len(d))
	for i, e := range d {
		words[i] = versionWords(e.Address, e.Generation, e.Heartbeat)
	}
	return "[" + strings.Join(words, " ") + "]"
}

func stateWords(m gossip.StateMap) string {
	words := make([]string, len(m))
	for i, s := range m {
		words[i] = versionWords(s.Address, s.Generation, s.Heartbeat)
		if s.Status != gossip.StatusNormal {
			words[i] += "/" + s.Status
		}
	}
	return "[" + strings.Join(words, " ") + "]"
}

func versionWords(a gossip.Address, generation, heartbeat int32) string {
	return fmt.Sprintf("%s=%d/%d", a, generation, heartbeat)
}

func vectorWords(v gossip.FaultVector) string {
	var suspected []gossip.Address
	for _, s := range v {
		if s.Suspected {
			suspected = append(suspected, s.Address)
		}
	}
	return fmt.Sprintf("suspects %s of %d", addressWords(suspected), len(v))
}
