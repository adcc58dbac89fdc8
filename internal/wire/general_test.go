package wire

import (
	"fmt"
	"strings"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
)

// The slow, obvious twin of what writes calls: first Values, then their document.

func encodeCall(f form, r machine.Request) (method string, args []xmlrpc.Value) {
	switch r := r.(type) {
	case machine.Message:
		return encodeMessage(f, r)
	case machine.Heartbeat:
		return setheartbeatTime, []xmlrpc.Value{encodeAddress(r.Node)}
	case machine.States:
		return sendEpStateMap + f.suffix, []xmlrpc.Value{encodeAddress(r.Node), encodeStates(f, r.Map), encodeInt(r.Messages)}
	case machine.Suspects:
		return updateSuspectMatrix + f.suffix, []xmlrpc.Value{encodeAddress(r.Node), encodeVector(f, r.Vector), encodeInt(r.Generation)}
	}
	panic(fmt.Sprintf("no twin of %T", r))
}

func encodeMessage(f form, r machine.Message) (method string, args []xmlrpc.Value) {
	sender := encodeAddress(r.From)
	switch m := r.Message.(type) {
	case gossip.Syn:
		return acceptSyn + f.suffix, []xmlrpc.Value{xmlrpc.StructValue(
			xmlrpc.Member{Name: clusterID, Value: encodeInt(m.ClusterID)},
			xmlrpc.Member{Name: digestList, Value: encodeDigest(f, m.Digest)},
		), sender}
	case gossip.Ack:
		return acceptAck + f.suffix, []xmlrpc.Value{encodeAddresses(m.Wanted), encodeStates(f, m.States), sender}
	case gossip.Ack2:
		return acceptAck2 + f.suffix, []xmlrpc.Value{encodeStates(f, m.States), sender}
	case gossip.Gossip:
		return receiveGossip + f.suffix, []xmlrpc.Value{encodeDigest(f, m.Digest), sender}
	}
	panic(fmt.Sprintf("no twin of %T", r.Message))
}

// encodeDigest makes the struct address -> [app version, generation, heartbeat].
func encodeDigest(f form, d gossip.Digest) xmlrpc.Value {
	if f.suffix != "" {
		var text strings.Builder
		for _, e := range d {
			fmt.Fprintf(&text, "%s %d %d %d\n", e.Address, e.AppVersion, e.Generation, e.Heartbeat)
		}
		return xmlrpc.StringValue(text.String())
	}
	members := make([]xmlrpc.Member, len(d))
	for i, e := range d {
		numbers := xmlrpc.ArrayValue(encodeInt(e.AppVersion), encodeInt(e.Generation), encodeInt(e.Heartbeat))
		members[i] = xmlrpc.Member{Name: string(e.Address), Value: numbers}
	}
	return xmlrpc.StructValue(members...)
}

func encodeVector(f form, v gossip.FaultVector) xmlrpc.Value {
	if f.suffix != "" {
		var text strings.Builder
		for _, s := range v {
			fmt.Fprintf(&text, "%s %d\n", s.Address, map[bool]int{true: 1}[s.Suspected])
		}
		return xmlrpc.StringValue(text.String())
	}
	members := make([]xmlrpc.Member, len(v))
	for i, s := range v {
		cell := 0
		if s.Suspected {
			cell = 1
		}
		members[i] = xmlrpc.Member{Name: string(s.Address), Value: xmlrpc.IntValue(cell)}
	}
	return xmlrpc.StructValue(members...)
}

func encodeStates(f form, states gossip.StateMap) xmlrpc.Value {
	if f.suffix != "" {
		var text strings.Builder
		for _, s := range states {
			fmt.Fprintf(&text, "%s %d %d %d %d %s\n", s.Address, s.AppVersion, s.Generation, s.Heartbeat, s.Updated.UnixMicro(), s.Status)
		}
		return xmlrpc.StringValue(text.String())
	}
	members := make([]xmlrpc.Member, len(states))
	for i, s := range states {
		members[i] = xmlrpc.Member{Name: string(s.Address), Value: encodeState(s)}
	}
	return xmlrpc.StructValue(members...)
}

func encodeState(s gossip.EndpointState) xmlrpc.Value {
	return xmlrpc.StructValue(
		xmlrpc.Member{Name: heartBeat, Value: xmlrpc.StructValue(
			xmlrpc.Member{Name: beatValue, Value: encodeInt(s.Heartbeat)},
			xmlrpc.Member{Name: generation, Value: encodeInt(s.Generation)},
		)},
		xmlrpc.Member{Name: appState, Value: xmlrpc.StructValue(
			xmlrpc.Member{Name: ipPort, Value: encodeAddress(s.Address)},
			xmlrpc.Member{Name: appVersion, Value: encodeInt(s.AppVersion)},
			xmlrpc.Member{Name: appStatus, Value: xmlrpc.StringValue(s.Status)},
		)},
		xmlrpc.Member{Name: lastUpdated, Value: xmlrpc.StringValue(string(appendTime(nil, s.Updated)))},
	)
}

func encodeAddresses(addresses []gossip.Address) xmlrpc.Value {
	items := make([]xmlrpc.Value, len(addresses))
	for i, a := range addresses {
		items[i] = encodeAddress(a)
	}
	return xmlrpc.ArrayValue(items...)
}
