package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/interop"
	"gossiprpc/harness/local"
	"gossiprpc/harness/usage"
)

// Wanted is a third of what the original's node took on such a machine: 0.35 % of a processor, and
// 37 MB resident. Python's node, which is leaner, took 0.29 % and 26 MB there.
const (
	wantedTime   = 3 * 0.29 / 0.35
	wantedMemory = 3 * 26.0 / 37
)

// clusterNodes is how many nodes each of two clusters has that are compared.
const clusterNodes = 8

// running is a cluster, and what its nodes have used.
type running struct {
	cluster harness.Cluster
	spent   time.Duration // processor time of all nodes, until it was looked at last
}

// look tells what processor time all nodes have used since the last look, and what memory
// they hold: what each holds alone, and its part of what processes share.
func (c *running) look() (spent time.Duration, memory int64, err error) {
	for _, name := range c.cluster.Nodes() {
		pid := c.cluster.(local.Processes).PID(name)
		u, err := usage.Of(pid)
		if err != nil {
			return 0, 0, err
		}
		share, err := usage.Share(pid)
		if err != nil {
			return 0, 0, err
		}
		spent, memory = spent+u.CPU, memory+share
	}
	spent, c.spent = spent-c.spent, spent
	return spent, memory, nil
}

// nodes compares the nodes of two clusters that run at the same time and in which nothing
// happens: ours, and one of Python's programs that behave as the original does.
func (m measurement) nodes(ctx context.Context, folder string) (figures []figure, err error) {
	const what = "a node of 8 at rest"
	python, err := interop.NewPython(folder)
	if err != nil {
		return nil, err
	}
	all := func(string) bool { return true }
	random, _ := protocol.ByName("random")
	spec := harness.ClusterSpec{Parameters: protocol.DefaultParameters(random), Nodes: clusterNodes, Unrecorded: true}
	spec.Timing = spec.Timing.Scaled(m.speed)
	m.tell(what+": two clusters join", 0)
	var clusters []*running
	defer func() {
		for _, c := range clusters {
			err = errors.Join(err, c.cluster.Close())
		}
	}()
	for i, backend := range []*local.Backend{{}, {Instead: python.Instead(clusterNodes, all)}} {
		spec.Dir = filepath.Join(folder, "cluster"+strconv.Itoa(i+1))
		if err := os.Mkdir(spec.Dir, 0o755); err != nil {
			return nil, err
		}
		c, err := backend.Start(ctx, spec)
		if err != nil {
			return nil, err
		}
		clusters = append(clusters, &running{cluster: c})
	}
	if err := clusters[0].cluster.Wait(ctx, 2*spec.Timing.Fail); err != nil {
		return nil, err
	}
	const peer = "Python's node"
	processor := figure{what: what + ", processor time", peer: peer, wanted: wantedTime}
	memory := figure{what: what + ", memory", peer: peer, wanted: wantedMemory}
	for round := range m.rounds + 1 {
		var spent, held [2]float64
		for i, c := range clusters {
			s, h, err := c.look()
			if err != nil {
				return nil, err
			}
			spent[i], held[i] = s.Seconds()/clusterNodes, float64(h)/clusterNodes
		}
		if round > 0 { // before the first, nodes have been started
			processor.ratios = append(processor.ratios, spent[1]/spent[0])
			memory.ratios = append(memory.ratios, held[1]/held[0])
			percent := 100 / m.calm.Seconds()
			processor.detail = fmt.Sprintf("%.2g %%, %.2g %% of a processor", spent[0]*percent, spent[1]*percent)
			memory.detail = fmt.Sprintf("%.3g MB, %.3g MB", held[0]/1e6, held[1]/1e6)
		}
		if round == m.rounds {
			break
		}
		m.tell(what, round+1)
		if err := clusters[0].cluster.Wait(ctx, m.calm); err != nil {
			return nil, err
		}
	}
	return []figure{processor, memory}, nil
}
