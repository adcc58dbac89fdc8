// Package size tells how large calls are without encoding them. It is apart from
// internal/wire because simulations need it in browsers, and what encodes calls would
// bring HTTP along.
package size

import (
	"strconv"

	"gossiprpc/internal/gossip"
)

// The size of a call's body, without encoding it. A test holds it against what
// internal/xmlrpc writes.
const (
	callFrame = len("<?xml version='1.0'?>\n<methodCall>\n<methodName></methodName>\n" +
		"<params>\n</params>\n</methodCall>\n")
	paramFrame  = len("<param>\n</param>\n")
	intFrame    = len("<value><int></int></value>\n")
	textFrame   = len("<value><string></string></value>\n")
	arrayFrame  = len("<value><array><data>\n</data></array></value>\n")
	structFrame = len("<value><struct>\n</struct></value>\n")
	memberFrame = len("<member>\n<name></name>\n</member>\n")

	digestFrame = memberFrame + arrayFrame + 3*intFrame
	stateFrame  = memberFrame + structFrame +
		memberFrame + len("heartBeat") + structFrame +
		memberFrame + len("heartBeatValue") + intFrame +
		memberFrame + len("generation") + intFrame +
		memberFrame + len("appState") + structFrame +
		memberFrame + len("IP_Port") + textFrame +
		memberFrame + len("App_version") + intFrame +
		memberFrame + len("App_status") + textFrame +
		memberFrame + len("last_updated_time") + textFrame + len("2006-01-02 15:04:05.000000")
)

// terse is what follows the names of methods in the terse form, in which more than
// [gossip.MaxPlain] entries are sent between nodes of ours.
const terse = len("Terse")

// OfMessage is the size in bytes of the body of the call that brings m from a node to
// another one of ours, without encoding it.
func OfMessage(from gossip.Address, m gossip.Message) int {
	size := callFrame + paramFrame + textFrame + len(from)
	switch m := m.(type) {
	case gossip.Syn:
		size += len("acceptSyn") + paramFrame + structFrame +
			memberFrame + len("_clusterId") + intFrame + digits(m.ClusterID) +
			memberFrame + len("_gDigestList") + digestSize(m.Digest)
	case gossip.Ack:
		size += len("acceptAck") + 2*paramFrame + arrayFrame + len(m.Wanted)*textFrame
		for _, a := range m.Wanted {
			size += len(a)
		}
		size += statesSize(m.States)
	case gossip.Ack2:
		size += len("acceptAck2") + paramFrame + statesSize(m.States)
	case gossip.Gossip:
		size += len("receiveGossip") + paramFrame + digestSize(m.Digest)
	}
	return size
}

func digestSize(d gossip.Digest) int {
	if len(d) > gossip.MaxPlain {
		return terse + textFrame + linesSize(d)
	}
	size := structFrame + len(d)*digestFrame
	for i := range d {
		e := &d[i]
		size += len(e.Address) + digits(e.AppVersion) + digits(e.Generation) + digits(e.Heartbeat)
	}
	return size
}

func linesSize(d gossip.Digest) int {
	size := len(d) * len("   \n")
	for i := range d {
		e := &d[i]
		size += len(e.Address) + digits(e.AppVersion) + digits(e.Generation) + digits(e.Heartbeat)
	}
	return size
}

func statesSize(m gossip.StateMap) int {
	if len(m) > gossip.MaxPlain {
		return terse + textFrame + stateLinesSize(m)
	}
	size := structFrame + len(m)*stateFrame
	for i := range m {
		e := &m[i]
		size += 2*len(e.Address) + digits(e.AppVersion) + digits(e.Generation) + digits(e.Heartbeat) + len(e.Status)
	}
	return size
}

func stateLinesSize(m gossip.StateMap) int {
	size := len(m) * len("     \n")
	for i := range m {
		e := &m[i]
		size += len(e.Address) + digits(e.AppVersion) + digits(e.Generation) + digits(e.Heartbeat) + len(e.Status) +
			len(strconv.FormatInt(e.Updated.UnixMicro(), 10))
	}
	return size
}

// digits is the length of v as text.
func digits(v int32) int {
	n, u := 1, uint32(v)
	if v < 0 {
		n, u = 2, -u
	}
	for _, least := range &moreDigits {
		if u < least {
			break
		}
		n++
	}
	return n
}

// moreDigits are the least numbers of two digits, three, and so on.
var moreDigits = [...]uint32{1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}
