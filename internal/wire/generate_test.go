package wire

import (
	"time"

	"gossiprpc/internal/gossip"
	_ "gossiprpc/internal/property"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func same(a, b any) string { return cmp.Diff(a, b, cmpopts.EquateEmpty()) }

func addresses() *rapid.Generator[gossip.Address] {
	return rapid.Custom(func(t *rapid.T) gossip.Address {
		name := rapid.StringMatching(`[A-Za-z0-9_.-]{1,12}`).Draw(t, "name")
		return gossip.Address(name + ":" + rapid.StringMatching(`[1-5][0-9]{0,4}`).Draw(t, "port"))
	})
}

func digests() *rapid.Generator[gossip.Digest] {
	return rapid.Custom(func(t *rapid.T) gossip.Digest {
		var entries []gossip.DigestEntry
		for _, a := range rapid.SliceOfNDistinct(addresses(), 0, 5, rapid.ID).Draw(t, "addresses") {
			entries = append(entries, gossip.DigestEntry{
				Address: a, AppVersion: rapid.Int32().Draw(t, "version"),
				Generation: rapid.Int32().Draw(t, "generation"), Heartbeat: rapid.Int32().Draw(t, "heartbeat"),
			})
		}
		return gossip.NewDigest(entries)
	})
}

func stateMaps() *rapid.Generator[gossip.StateMap] {
	return rapid.Custom(func(t *rapid.T) gossip.StateMap {
		var states []gossip.EndpointState
		for _, e := range digests().Draw(t, "digest") {
			states = append(states, gossip.EndpointState{
				Address: e.Address, AppVersion: e.AppVersion, Generation: e.Generation, Heartbeat: e.Heartbeat,
				Status: rapid.SampledFrom([]string{"Normal", "", "a<b&c"}).Draw(t, "status"),
				// No hour that a clock change repeats in some zone.
				Updated: time.Date(2026, 11, 22, 12, 0, 0, 1000*rapid.IntRange(0, 999_999).Draw(t, "microseconds"), time.Local),
			})
		}
		return gossip.NewStateMap(states)
	})
}

func vectors() *rapid.Generator[gossip.FaultVector] {
	return rapid.Custom(func(t *rapid.T) gossip.FaultVector {
		var cells []gossip.Suspicion
		for _, a := range rapid.SliceOfNDistinct(addresses(), 0, 5, rapid.ID).Draw(t, "addresses") {
			cells = append(cells, gossip.Suspicion{Address: a, Suspected: rapid.Bool().Draw(t, "suspected")})
		}
		return gossip.NewFaultVector(cells)
	})
}

func messages() *rapid.Generator[gossip.Message] {
	return rapid.Custom(func(t *rapid.T) gossip.Message {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return gossip.Syn{ClusterID: rapid.Int32().Draw(t, "cluster"), Digest: digests().Draw(t, "digest")}
		case 1:
			return gossip.Ack{Wanted: rapid.SliceOfN(addresses(), 0, 4).Draw(t, "wanted"), States: stateMaps().Draw(t, "states")}
		case 2:
			return gossip.Ack2{States: stateMaps().Draw(t, "states")}
		default:
			return gossip.Gossip{Digest: digests().Draw(t, "digest")}
		}
	})
}
