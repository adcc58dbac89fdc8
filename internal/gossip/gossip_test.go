package gossip_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
	_ "gossiprpc/internal/property"
)

func TestParseAddress(t *testing.T) {
	for _, good := range []string{"node1:5000", "gossiprpc_node_3:5000", "127.0.0.1:1", "a-b.c:65535"} {
		a, err := gossip.ParseAddress(good)
		if err != nil || string(a) != good {
			t.Errorf("%q: %q, %v", good, a, err)
		}
	}
	long := strings.Repeat("a", 254)
	for _, c := range []struct{ text, want string }{
		{"", "name:port"},
		{"node1", "name:port"},
		{":5000", "0 characters"},
		{"node1:", `port ""`},
		{"node1:0", "port 0, want 1 to 65535"},
		{"node1:65536", "port 65536"},
		{"node1:+5", `port "+5"`},
		{"node1:05000", `port "05000"`},
		{"node1:5000:1", `port "5000:1"`},
		{"a b:1", `holds ' '`},
		{"<b>:1", `holds '<'`},
		{"n\xc3\xb6de:1", `holds`},
		{long + ":1", "254 characters"},
	} {
		_, err := gossip.ParseAddress(c.text)
		if !errors.Is(err, gossip.ErrAddress) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v does not say %q", c.text, err, c.want)
		}
	}
}

func TestAddressParts(t *testing.T) {
	a, err := gossip.NewAddress("node1", 5000)
	if err != nil {
		t.Fatal(err)
	}
	if a.Name() != "node1" || a.Port() != 5000 {
		t.Errorf("%s: name %q port %d", a, a.Name(), a.Port())
	}
}

// TestNewDigestKeepsTheNewest checks the sorted form against a map.
func TestNewDigestKeepsTheNewest(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		entries := rapid.SliceOf(rapid.Custom(func(r *rapid.T) gossip.DigestEntry {
			return gossip.DigestEntry{
				Address:    gossip.Address(rapid.SampledFrom([]string{"a:1", "b:1", "c:1", "d:1"}).Draw(r, "address")),
				Generation: rapid.Int32Range(0, 2).Draw(r, "generation"),
				Heartbeat:  rapid.Int32Range(0, 2).Draw(r, "heartbeat"),
			}
		})).Draw(r, "entries")
		newest := map[gossip.Address]gossip.DigestEntry{}
		for _, e := range entries {
			if old, ok := newest[e.Address]; !ok || e.NewerThan(old.Generation, old.Heartbeat) {
				newest[e.Address] = e
			}
		}
		d := gossip.NewDigest(slices.Clone(entries))
		if len(d) != len(newest) {
			r.Fatalf("%d entries, want %d", len(d), len(newest))
		}
		for i, e := range d {
			if i > 0 && d[i-1].Address >= e.Address {
				r.Fatalf("not sorted: %v", d)
			}
			if got, ok := d.Get(e.Address); !ok || got != newest[e.Address] {
				r.Fatalf("Get(%s) = %v, want %v", e.Address, got, newest[e.Address])
			}
		}
		if _, ok := d.Get("nobody:1"); ok {
			r.Fatal("found an address that is not there")
		}
	})
}

func TestSortedForms(t *testing.T) {
	shuffled := rand.New(rand.NewPCG(1, 2)).Perm(9)
	var cells []gossip.Suspicion
	var states []gossip.EndpointState
	for _, i := range shuffled {
		a := gossip.Address(string(rune('a'+i)) + ":1")
		cells = append(cells, gossip.Suspicion{Address: a, Suspected: i%2 == 0})
		states = append(states, gossip.EndpointState{Address: a, Heartbeat: int32(i)})
	}
	v, m := gossip.NewFaultVector(cells), gossip.NewStateMap(states)
	for i := range 9 {
		a := gossip.Address(string(rune('a'+i)) + ":1")
		if suspected, known := v.Get(a); !known || suspected != (i%2 == 0) {
			t.Errorf("vector: %s suspected %v known %v", a, suspected, known)
		}
		if s, ok := m.Get(a); !ok || s.Heartbeat != int32(i) {
			t.Errorf("states: %s is %v, %v", a, s, ok)
		}
	}
	if _, known := v.Get("z:1"); known {
		t.Error("vector knows z:1")
	}
	if diff := cmp.Diff(v, gossip.NewFaultVector(slices.Clone(v))); diff != "" {
		t.Errorf("sorting twice changes a vector:\n%s", diff)
	}
}

func TestBits(t *testing.T) {
	for n := range 20 {
		b := gossip.NewBits(n)
		for i := 0; i < n; i += 3 {
			b.Add(i)
		}
		for i := range n + 20 {
			if b.Has(i) != (i < n && i%3 == 0) {
				t.Errorf("of %d: has %d: %v", n, i, b.Has(i))
			}
		}
	}
}
