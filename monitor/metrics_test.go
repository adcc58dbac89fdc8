package main

import (
	"fmt"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/metrics"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/testcase"
)

func vitals(nodes int) core.Vitals {
	now := time.Unix(1000, 0)
	v := core.Vitals{Now: now, Case: testcase.Revival, Began: now.Add(-3 * time.Second)}
	for i := range nodes {
		v.Nodes = append(v.Nodes, consensus.Node{
			Address: gossip.Address(fmt.Sprintf("node%d:5000", i+1)), HeartbeatAt: now.Add(-time.Second), Failed: i == 0,
		})
	}
	return v
}

// count also holds each sample to its kind's labels.
func count(t *testing.T, v core.Vitals) (n int) {
	t.Helper()
	samples(v, func(s metrics.Sample) {
		n++
		if len(s.Labels) > 1 {
			t.Errorf("a series about a pair: %v", s.Labels)
		}
	})
	return n
}

// Twice the nodes have at most twice the series, and there is an end to them.
func TestSeriesGrowWithTheNodesUpToALimit(t *testing.T) {
	none, small, large := count(t, vitals(0)), count(t, vitals(100)), count(t, vitals(200))
	if small-none != 500 || large-none != 1000 {
		t.Errorf("%d, %d and %d series for 0, 100 and 200 nodes", none, small, large)
	}
	if most, more := count(t, vitals(mostNodeSeries)), count(t, vitals(mostNodeSeries+1)); most != more {
		t.Errorf("%d series, with one node more %d", most, more)
	}
}

func TestSamples(t *testing.T) {
	got := map[string]float64{}
	v := vitals(mostNodeSeries + 5)
	samples(v, func(s metrics.Sample) {
		for _, k := range []struct {
			kind *metrics.Kind
			name string
		}{
			{nodesKind, "nodes"},
			{runningKind, "running"},
			{caseSecondsKind, "age"},
			{ageKind, "heartbeat"},
			{failedKind, "failed"},
		} {
			if s.Kind == k.kind {
				got[fmt.Sprint(k.name, s.Labels)] = s.Value
			}
		}
	})
	for name, want := range map[string]float64{
		"nodes[alive]": mostNodeSeries + 4, "nodes[failed]": 1, "running[3]": 1, "running[1]": 0, "age[]": 3,
		"heartbeat[node1:5000]": 1, "failed[node1:5000]": 1, "failed[node2:5000]": 0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v (told: %t), want %v", name, value, ok, want)
		}
	}
}
