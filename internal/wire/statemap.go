package wire

import (
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// statesArgument names a state map in errors.
const statesArgument = "states"

func encodeStates(states gossip.StateMap) xmlrpc.Value {
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
		xmlrpc.Member{Name: lastUpdated, Value: xmlrpc.StringValue(encodeTime(s.Updated))},
	)
}

// decodeStates keeps the last of several states for one address, as Python's
// dict does.
func decodeStates(v xmlrpc.Value) (gossip.StateMap, error) {
	if v.Kind != xmlrpc.Struct {
		return nil, wrong(statesArgument, v, "a struct of states")
	}
	states := make([]gossip.EndpointState, len(v.Members))
	for i, m := range v.Members {
		s, err := decodeState(m)
		if err != nil {
			return nil, err
		}
		states[len(states)-1-i] = s // NewStateMap keeps the first
	}
	return gossip.NewStateMap(states), nil
}

// decodeState takes the address from the map's key, whatever IP_Port says.
func decodeState(m xmlrpc.Member) (s gossip.EndpointState, err error) {
	if s.Address, err = parseAddress(statesArgument, m.Name); err != nil {
		return s, err
	}
	what := statesArgument + "[" + m.Name + "]"
	beat, err := part(what, m.Value, heartBeat)
	if err != nil {
		return s, err
	}
	if s.Heartbeat, err = intPart(what+"."+heartBeat, beat, beatValue); err != nil {
		return s, err
	}
	if s.Generation, err = intPart(what+"."+heartBeat, beat, generation); err != nil {
		return s, err
	}
	app, err := part(what, m.Value, appState)
	if err != nil {
		return s, err
	}
	if _, err = stringPart(what+"."+appState, app, ipPort); err != nil {
		return s, err
	}
	if s.AppVersion, err = intPart(what+"."+appState, app, appVersion); err != nil {
		return s, err
	}
	if s.Status, err = stringPart(what+"."+appState, app, appStatus); err != nil {
		return s, err
	}
	text, err := stringPart(what, m.Value, lastUpdated)
	if err != nil {
		return s, err
	}
	s.Updated, err = decodeTime(what+"."+lastUpdated, text)
	return s, err
}
