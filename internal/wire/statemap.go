package wire

import (
	"strconv"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// statesArgument names a state map in errors.
const statesArgument = "states"

// What stands around the parts of a state, in the order in which an original sends them.
const (
	stateHeartbeat = xmlrpc.NameEnd + xmlrpc.StructStart +
		xmlrpc.MemberStart + heartBeat + xmlrpc.NameEnd + xmlrpc.StructStart +
		xmlrpc.MemberStart + beatValue + xmlrpc.NameEnd + xmlrpc.IntStart
	stateGeneration = xmlrpc.IntEnd + xmlrpc.MemberEnd +
		xmlrpc.MemberStart + generation + xmlrpc.NameEnd + xmlrpc.IntStart
	stateAddress = xmlrpc.IntEnd + xmlrpc.MemberEnd + xmlrpc.StructEnd + xmlrpc.MemberEnd +
		xmlrpc.MemberStart + appState + xmlrpc.NameEnd + xmlrpc.StructStart +
		xmlrpc.MemberStart + ipPort + xmlrpc.NameEnd + xmlrpc.TextStart
	stateVersion = xmlrpc.TextEnd + xmlrpc.MemberEnd +
		xmlrpc.MemberStart + appVersion + xmlrpc.NameEnd + xmlrpc.IntStart
	stateStatus = xmlrpc.IntEnd + xmlrpc.MemberEnd +
		xmlrpc.MemberStart + appStatus + xmlrpc.NameEnd + xmlrpc.TextStart
	stateUpdated = xmlrpc.TextEnd + xmlrpc.MemberEnd + xmlrpc.StructEnd + xmlrpc.MemberEnd +
		xmlrpc.MemberStart + lastUpdated + xmlrpc.NameEnd + xmlrpc.TextStart
	stateEnd = xmlrpc.TextEnd + xmlrpc.MemberEnd + xmlrpc.StructEnd + xmlrpc.MemberEnd

	stateFrame = len(xmlrpc.MemberStart + stateHeartbeat + stateGeneration + stateAddress + stateVersion +
		stateStatus + stateUpdated + sixDigits + stateEnd)
)

func appendStates(dst []byte, states gossip.StateMap) []byte {
	dst = append(dst, xmlrpc.StructStart...)
	start := len(dst)
	for i := range states {
		s := &states[i]
		dst = append(dst, xmlrpc.MemberStart...)
		dst = xmlrpc.AppendText(dst, string(s.Address))
		dst = append(dst, stateHeartbeat...)
		dst = strconv.AppendInt(dst, int64(s.Heartbeat), 10)
		dst = append(dst, stateGeneration...)
		dst = strconv.AppendInt(dst, int64(s.Generation), 10)
		dst = append(dst, stateAddress...)
		dst = xmlrpc.AppendText(dst, string(s.Address))
		dst = append(dst, stateVersion...)
		dst = strconv.AppendInt(dst, int64(s.AppVersion), 10)
		dst = append(dst, stateStatus...)
		dst = xmlrpc.AppendText(dst, s.Status)
		dst = append(dst, stateUpdated...)
		dst = appendTime(dst, s.Updated)
		dst = append(dst, stateEnd...)
		dst = makeRoom(dst, start, i, len(states))
	}
	return append(dst, xmlrpc.StructEnd...)
}

func (r reader) states() gossip.StateMap {
	r.Struct()
	states := make([]gossip.EndpointState, 0, r.atMost(stateFrame))
	for a, more := r.entry(); more && !r.full(len(states)); a, more = r.entry() {
		states = append(states, r.state(a))
		r.EndMember()
	}
	return newStates(states)
}

func (r reader) state(a gossip.Address) gossip.EndpointState {
	s := gossip.EndpointState{Address: a}
	r.Struct()
	r.Member(heartBeat)
	r.Struct()
	s.Heartbeat = r.intMember(beatValue)
	s.Generation = r.intMember(generation)
	r.EndStruct()
	r.EndMember()
	r.Member(appState)
	r.Struct()
	r.textMember(ipPort)
	s.AppVersion = r.intMember(appVersion)
	s.Status = r.status(r.textMember(appStatus))
	r.EndStruct()
	r.EndMember()
	s.Updated = r.time(r.textMember(lastUpdated))
	r.EndStruct()
	return s
}

func (r reader) intMember(name string) int32 {
	r.Member(name)
	i := r.Int()
	r.EndMember()
	return i
}

func (r reader) textMember(name string) []byte {
	r.Member(name)
	text := r.Text()
	r.EndMember()
	return text
}

func (r reader) status(text []byte) string {
	if string(text) == gossip.StatusNormal { // nearly always
		return gossip.StatusNormal
	}
	status, err := decodeStatusText(appStatus, string(text))
	if err != nil {
		r.Refuse()
	}
	return status
}

func newStates(states []gossip.EndpointState) gossip.StateMap {
	return gossip.NewStateMap(lastFirst(states, func(s *gossip.EndpointState) gossip.Address { return s.Address }))
}

// decodeStates keeps the last of several states for one address, as Python's
// dict does.
func decodeStates(what string, v xmlrpc.Value) (gossip.StateMap, error) {
	if v.Kind != xmlrpc.Struct {
		return nil, wrong(what, v, "a struct of states")
	}
	if err := entries(what, v); err != nil {
		return nil, err
	}
	states := make([]gossip.EndpointState, len(v.Members))
	for i, m := range v.Members {
		s, err := decodeState(what, m)
		if err != nil {
			return nil, err
		}
		states[i] = s
	}
	return newStates(states), nil
}

// decodeState takes the address from the map's key, whatever IP_Port says.
func decodeState(what string, m xmlrpc.Member) (s gossip.EndpointState, err error) {
	if s.Address, err = parseAddress(what, m.Name); err != nil {
		return s, err
	}
	what += "[" + m.Name + "]"
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
	text, err := stringPart(what+"."+appState, app, appStatus)
	if err != nil {
		return s, err
	}
	if s.Status, err = decodeStatusText(what+"."+appState+"."+appStatus, text); err != nil {
		return s, err
	}
	text, err = stringPart(what, m.Value, lastUpdated)
	if err != nil {
		return s, err
	}
	s.Updated, err = decodeTime(what+"."+lastUpdated, text)
	return s, err
}
