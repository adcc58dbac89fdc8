// Package harness says what a cluster is: what a scenario may ask of a running
// monitor, provider and nodes, and how a run ends.
//
// It holds no more than what scenarios and backends must agree on. A [Backend]
// starts a [Cluster] from a [ClusterSpec]: harness/local from processes on loopback,
// harness/docker from containers, harness/sim in virtual time. What is done to
// clusters, and what is expected of them, is in harness/scenario.
package harness

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// Names of the two processes that are no nodes. They may be given wherever a
// process's name is asked for. Nodes are called node1, node2 and so on.
const (
	Monitor  = "monitor"
	Provider = "provider"
)

// ClusterSpec is what a script's `cluster` line asks for.
type ClusterSpec struct {
	protocol.Parameters
	Nodes int     // at least 1
	Speed float64 // by which the intervals were divided, for results.jsonl; 0: not said
	Seed  uint64  // of the nodes' random sources and the backend's own; 0: drawn
	// Unrecorded: no flight records, which grow for as long as the cluster runs.
	Unrecorded bool

	TLS bool   // all processes have certificates, and speak TLS
	Dir string // existing folder of this run; the backend puts the processes' logs there
}

// Labels are what results.jsonl is to say of a run and the monitor cannot know.
func (s ClusterSpec) Labels(b Backend) map[string]string {
	labels := map[string]string{"backend": b.Name(), "freshness": s.Freshness.String()}
	if s.Speed > 0 {
		labels["speed"] = strconv.FormatFloat(s.Speed, 'g', -1, 64)
	}
	return labels
}

// MonitorFlags hand the same, and the seed, over to a monitor's command.
func (s ClusterSpec) MonitorFlags(b Backend) []string {
	labels := s.Labels(b)
	flags := []string{"--seed", strconv.FormatUint(s.Seed, 10)}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		flags = append(flags, "--label", name+"="+labels[name])
	}
	return flags
}

// TimingFlags hand the intervals over to a monitor's or a node's command.
func (s ClusterSpec) TimingFlags() []string {
	return []string{
		"--heartbeat", s.Timing.Heartbeat.String(), "--gossip", s.Timing.Gossip.String(), "--fail", s.Timing.Fail.String(),
		map[bool]string{true: "--align", false: "--no-align"}[s.Aligned],
	}
}

// Backend starts clusters of one kind. In a script that it runs, the condition with
// its name ([local]) holds.
type Backend interface {
	Name() string
	// Start brings up monitor, provider and all nodes, connected; node1 is the
	// seed of the others and node2 that of node1. It returns when all processes
	// listen and the nodes have asked the provider in, in the order of their
	// numbers; it does not wait until they have heard of each other. After an
	// error nothing is left running.
	Start(ctx context.Context, s ClusterSpec) (Cluster, error)
}

// Limited is a Backend whose clusters do not carry out every word of scripts.
type Limited interface {
	Backend
	// Cannot lists the words that they do not: some of partition, cut and loss.
	Cannot() []string
}

// Can tells whether a backend's clusters carry out partition, cut or loss. In a script the
// condition of that name holds then ([partition]).
func Can(b Backend, word string) bool {
	limited, ok := b.(Limited)
	return !ok || !slices.Contains(limited.Cannot(), word)
}

// Cluster is a running monitor, provider and nodes. The harness uses it from
// one goroutine.
//
// All time a scenario sees is the cluster's: Now and Wait may be virtual. A
// harness never sleeps by itself; a question to the monitor may take no time.
type Cluster interface {
	// Nodes lists node1 to nodeN, running or not.
	Nodes() []string
	// Address is the identity of a node in the cluster. Names that Nodes does
	// not list have the address "".
	Address(node string) gossip.Address

	// Now is the cluster's time; its distance from the wall clock is up to the
	// backend.
	Now() time.Time
	// Wait lets d pass. It returns early only with ctx's error, or with an error
	// when the backend itself has broken down (a process that nobody killed has
	// ended, the engine is gone).
	Wait(ctx context.Context, d time.Duration) error

	// Kill ends processes with SIGKILL, all of them as close to the same instant as
	// possible.
	Kill(ctx context.Context, names ...string) error
	// Interrupt is one Ctrl-C for each.
	Interrupt(ctx context.Context, names ...string) error
	// Restart starts processes again as they were first started; one that still
	// runs is killed first. It returns when they listen.
	Restart(ctx context.Context, names ...string) error
	// Pause stops processes without ending them (SIGSTOP), Resume lets them go on.
	Pause(ctx context.Context, names ...string) error
	Resume(ctx context.Context, names ...string) error
	// Partition cuts every connection between processes of different groups.
	// Those that no group names are one group together. It replaces an earlier
	// partition.
	Partition(ctx context.Context, groups ...[]string) error
	// Loss drops this share of messages between nodes, 0 to 1.
	Loss(ctx context.Context, share float64) error
	// Heal ends partition, cuts and loss.
	Heal(ctx context.Context) error

	// Menu types one line at the monitor's menu.
	Menu(ctx context.Context, line string) error
	// MenuOutput is all that the monitor has printed on its terminal so far.
	MenuOutput(ctx context.Context) (string, error)

	// AliveDead, SuspectMatrix and Mapping ask the monitor by RPC. The matrix is
	// in join order (Mapping's), rows are observers.
	AliveDead(ctx context.Context) (live, dead []gossip.Address, err error)
	SuspectMatrix(ctx context.Context) ([][]int, error)
	Mapping(ctx context.Context) (map[gossip.Address]int, error)
	// Results are the monitor's results.txt and results.jsonl, empty when there
	// is no file yet.
	Results(ctx context.Context) (text, records []byte, err error)
	// Joined lists for each node that is running which others it has not heard
	// of yet. It is empty when all have heard of all.
	Joined(ctx context.Context) (missing map[string][]string, err error)
	// Unsettled asks each node that is running what keeps it from being settled.
	Unsettled(ctx context.Context) (Unrest, error)

	// Close ends all processes and removes what the backend made, except for
	// the logs in the run's folder. It may be called twice.
	Close() error
}

// Growing is a Cluster that takes in more nodes than it began with.
type Growing interface {
	Cluster
	// Add starts one more node, the next of node1 to nodeN, with node1 for its seed. It
	// returns when the node listens and has asked the provider in.
	Add(ctx context.Context) error
}

// Cutting is a Cluster whose links can be cut one by one, and one way.
type Cutting interface {
	Cluster
	// Cut drops whatever one process sends to another, calls and answers, until Heal.
	Cut(ctx context.Context, from, to string) error
}

// SelfHealing is a Cluster in which something else, such as an orchestrator, starts dead
// processes again some time after they died. Restart then only takes note of that.
type SelfHealing interface {
	Cluster
	// Returned tells whether processes that were ended all run again.
	Returned(ctx context.Context, names ...string) (bool, error)
}

// Unrest is what keeps a cluster from being settled; see protocol.Node.Awaits.
type Unrest struct {
	// Awaits has for each node that is not settled what it waits for. Peers are in it
	// by their addresses.
	Awaits map[string]string
	// CannotTell lists the nodes that do not know the question: originals.
	CannotTell []string
}
