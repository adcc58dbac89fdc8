package viewer_test

import (
	"fmt"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/viewer"

	"github.com/google/go-cmp/cmp"
)

func TestStreamNamesNodesOnceAndNeverGoesBack(t *testing.T) {
	var got []string
	s := viewer.NewStream(func(at time.Duration, e viewer.Event) { got = append(got, fmt.Sprintf("%v %+v", at, e)) })
	s.Name(time.Second, "10.0.0.2:5000", "node1")
	s.Put(3*time.Second, viewer.Beat{Node: s.Node(3*time.Second, "10.0.0.2:5000")})
	s.Put(2*time.Second, viewer.Beat{Node: s.Node(2*time.Second, "b:5000")})
	s.Ring(4*time.Second, []gossip.Address{"b:5000", "10.0.0.2:5000"})
	s.Ring(5*time.Second, []gossip.Address{"b:5000", "10.0.0.2:5000"})
	want := []string{
		"1s {Index:0 Name:node1 Address:10.0.0.2:5000 Ring:0}",
		"3s {Node:0}",
		"3s {Index:1 Name:b Address:b:5000 Ring:1}",
		"3s {Node:1}",
		"4s {Index:1 Name:b Address:b:5000 Ring:0}",
		"4s {Index:0 Name:node1 Address:10.0.0.2:5000 Ring:1}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if diff := cmp.Diff([]gossip.Address{"10.0.0.2:5000", "b:5000"}, s.Known()); diff != "" {
		t.Error(diff)
	}
}

// Nodes of one machine, which differ by their ports, have names that differ.
func TestStreamNamesNodesOfOneMachine(t *testing.T) {
	var names []string
	s := viewer.NewStream(func(_ time.Duration, e viewer.Event) { names = append(names, e.(viewer.Node).Name) })
	for _, a := range []gossip.Address{"127.0.0.1:5001", "127.0.0.1:5002", "node1:5000"} {
		s.Node(0, a)
	}
	if diff := cmp.Diff([]string{"127.0.0.1:5001", "127.0.0.1:5002", "node1"}, names); diff != "" {
		t.Error(diff)
	}
}
