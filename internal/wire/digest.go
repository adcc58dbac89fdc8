package wire

import (
	"strconv"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// What stands around an entry's address and numbers. It is joined where it can be: most
// of what a node writes are digests.
const (
	digestNumbers = xmlrpc.NameEnd + xmlrpc.ArrayStart + xmlrpc.IntStart
	digestNext    = xmlrpc.IntEnd + xmlrpc.IntStart
	digestEnd     = xmlrpc.IntEnd + xmlrpc.ArrayEnd + xmlrpc.MemberEnd
	digestFrame   = len(xmlrpc.MemberStart + digestNumbers + digestNext + digestNext + digestEnd)
)

// appendDigest writes the struct address -> [app version, generation, heartbeat].
func appendDigest(dst []byte, d gossip.Digest) []byte {
	dst = append(dst, xmlrpc.StructStart...)
	start := len(dst)
	for i := range d {
		e := &d[i]
		dst = append(dst, xmlrpc.MemberStart...)
		dst = xmlrpc.AppendText(dst, string(e.Address))
		dst = append(dst, digestNumbers...)
		dst = strconv.AppendInt(dst, int64(e.AppVersion), 10)
		dst = append(dst, digestNext...)
		dst = strconv.AppendInt(dst, int64(e.Generation), 10)
		dst = append(dst, digestNext...)
		dst = strconv.AppendInt(dst, int64(e.Heartbeat), 10)
		dst = append(dst, digestEnd...)
		dst = makeRoom(dst, start, i, len(d))
	}
	return append(dst, xmlrpc.StructEnd...)
}

func (r reader) digest() gossip.Digest {
	r.Struct()
	entries := make([]gossip.DigestEntry, 0, r.atMost(digestFrame))
	for a, more := r.entry(); more && !r.full(len(entries)); a, more = r.entry() {
		e := gossip.DigestEntry{Address: a}
		r.Array()
		e.AppVersion, e.Generation, e.Heartbeat = r.Int(), r.Int(), r.Int()
		r.EndArray()
		r.EndMember()
		entries = append(entries, e)
	}
	return gossip.NewDigest(entries)
}

// decodeDigest keeps the newest of several entries for one address.
func decodeDigest(what string, v xmlrpc.Value) (gossip.Digest, error) {
	if v.Kind != xmlrpc.Struct {
		return nil, wrong(what, v, "a struct of digests")
	}
	if err := entries(what, v); err != nil {
		return nil, err
	}
	digest := make([]gossip.DigestEntry, len(v.Members))
	for i, m := range v.Members {
		e, err := decodeDigestEntry(what, m)
		if err != nil {
			return nil, err
		}
		digest[i] = e
	}
	return gossip.NewDigest(digest), nil
}

func decodeDigestEntry(what string, m xmlrpc.Member) (gossip.DigestEntry, error) {
	address, err := parseAddress(what, m.Name)
	if err != nil {
		return gossip.DigestEntry{}, err
	}
	if m.Value.Kind != xmlrpc.Array || len(m.Value.Items) != 3 {
		return gossip.DigestEntry{}, wrong(what+"["+m.Name+"]", m.Value, "an array of 3: app version, generation, heartbeat")
	}
	e := gossip.DigestEntry{Address: address}
	for i, field := range []*int32{&e.AppVersion, &e.Generation, &e.Heartbeat} {
		if *field, err = decodeInt(what+"["+m.Name+"]", m.Value.Items[i]); err != nil {
			return gossip.DigestEntry{}, err
		}
	}
	return e, nil
}
