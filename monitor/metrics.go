package main

import (
	"context"
	"strconv"

	"gossiprpc/internal/metrics"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/service"
	"gossiprpc/monitor/testcase"
)

// mostNodeSeries is how many nodes have numbers of their own, the first in join order:
// thousands of series a process are more than a Prometheus likes to be given.
const mostNodeSeries = 1024

var (
	nodesKind           = metrics.Gauge("gossip_monitor_nodes", "Nodes by the monitor's verdict: alive or failed.", "verdict")
	deafKind            = metrics.Gauge("gossip_monitor_deaf", "1 while the monitor hears too little to declare anybody failed.")
	runningKind         = metrics.Gauge("gossip_monitor_case_running", "1 while this test case runs.", "case")
	caseSecondsKind     = metrics.Gauge("gossip_monitor_case_age_seconds", "Since the running test case began; 0 when none runs.")
	messagesKind        = metrics.Counter("gossip_monitor_messages_total", "Messages that the nodes have reported.")
	trafficKind         = metrics.Counter("gossip_monitor_traffic_bytes_total", "Bytes of gossip that the nodes have reported.")
	falseFailuresKind   = metrics.Counter("gossip_monitor_false_failures_total", "Verdicts of failure taken back without a restart.")
	falseSuspicionsKind = metrics.Counter("gossip_monitor_false_suspicions_total", "Suspicions of single observers taken back without a restart.")

	failedKind     = metrics.Gauge("gossip_monitor_node_failed", "1 while the node is declared failed.", "node")
	eligibleKind   = metrics.Gauge("gossip_monitor_node_eligible", "1 while the node's opinion counts.", "node")
	ageKind        = metrics.Gauge("gossip_monitor_node_heartbeat_age_seconds", "Since the node's last heartbeat.", "node")
	suspectingKind = metrics.Gauge("gossip_monitor_node_suspecting_observers", "Observers that count and suspect the node.", "node")
	observersKind  = metrics.Gauge("gossip_monitor_node_observers", "Observers of the node that count.", "node")
)

var kinds = []*metrics.Kind{
	nodesKind, deafKind, runningKind, caseSecondsKind, messagesKind, trafficKind, falseFailuresKind, falseSuspicionsKind,
	failedKind, eligibleKind, ageKind, suspectingKind, observersKind,
}

func newMetrics(s *service.Service) *metrics.Metrics {
	return metrics.New("monitor", kinds, func(ctx context.Context, yield func(metrics.Sample)) error {
		v, err := s.Vitals(ctx)
		if err == nil {
			samples(v, yield)
		}
		return err
	})
}

func samples(v core.Vitals, yield func(metrics.Sample)) {
	failed := 0
	for i, n := range v.Nodes {
		if n.Failed {
			failed++
		}
		if i >= mostNodeSeries {
			continue
		}
		name := string(n.Address)
		yield(failedKind.Of(one(n.Failed), name))
		yield(eligibleKind.Of(one(n.Eligible), name))
		yield(suspectingKind.Of(float64(n.Suspecting), name))
		yield(observersKind.Of(float64(n.Observers), name))
		if !n.HeartbeatAt.IsZero() {
			yield(ageKind.Of(v.Now.Sub(n.HeartbeatAt).Seconds(), name))
		}
	}
	yield(nodesKind.Of(float64(len(v.Nodes)-failed), "alive"))
	yield(nodesKind.Of(float64(failed), "failed"))
	yield(deafKind.Of(one(v.Deaf)))
	for _, c := range []testcase.Case{testcase.Single, testcase.Simultaneous, testcase.Revival} {
		yield(runningKind.Of(one(v.Case == c), strconv.Itoa(int(c))))
	}
	age := 0.0
	if v.Case != 0 {
		age = v.Now.Sub(v.Began).Seconds()
	}
	yield(caseSecondsKind.Of(age))
	yield(messagesKind.Of(float64(v.Totals.Messages)))
	yield(trafficKind.Of(float64(v.Totals.Bytes)))
	yield(falseFailuresKind.Of(float64(v.Totals.FalseFailures)))
	yield(falseSuspicionsKind.Of(float64(v.Totals.FalseSuspicions)))
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
