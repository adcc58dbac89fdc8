package wire

import (
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// encodeDigest makes the struct address -> [app version, generation, heartbeat].
func encodeDigest(d gossip.Digest) xmlrpc.Value {
	members := make([]xmlrpc.Member, len(d))
	numbers := make([]xmlrpc.Value, 3*len(d)) // one allocation for all entries
	for i, e := range d {
		entry := numbers[3*i : 3*i+3 : 3*i+3]
		entry[0], entry[1], entry[2] = encodeInt(e.AppVersion), encodeInt(e.Generation), encodeInt(e.Heartbeat)
		members[i] = xmlrpc.Member{Name: string(e.Address), Value: xmlrpc.ArrayValue(entry...)}
	}
	return xmlrpc.StructValue(members...)
}

// decodeDigest keeps the newest of several entries for one address.
func decodeDigest(what string, v xmlrpc.Value) (gossip.Digest, error) {
	if v.Kind != xmlrpc.Struct {
		return nil, wrong(what, v, "a struct of digests")
	}
	entries := make([]gossip.DigestEntry, len(v.Members))
	for i, m := range v.Members {
		e, err := decodeDigestEntry(what, m)
		if err != nil {
			return nil, err
		}
		entries[i] = e
	}
	return gossip.NewDigest(entries), nil
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
