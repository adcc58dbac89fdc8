// Package scale has a cluster of hundreds or thousands of nodes run on this machine: real
// XML-RPC over loopback, one real monitor and provider, and the nodes in crowds, some
// hundred in a process (harness/scale/crowd). They join; then one node is killed, three
// more are, and one of those comes back.
//
// Options go in, a [Report] comes out: what each step found, and what the cluster used
// while nothing happened.
package scale

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/local"
	"gossiprpc/harness/scale/crowd"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// Options are what is run.
type Options struct {
	protocol.Parameters
	Nodes    int // 6 at least
	Seed     uint64
	Dir      string // existing folder for logs and results
	Programs string // folder of monitor and provider
	Crowd    string // program
	Crowds   int    // processes that the nodes are in
	Calm     time.Duration
	Tell     func(line string) // progress; must be there
}

// Step is what came of one thing that was done.
type Step struct {
	Name  string
	Took  time.Duration
	Bound time.Duration // 0: there is none
	Wrong string        // empty: as it should be
}

// Report is how a run went.
type Report struct {
	Steps   []Step
	Settled bool // before the calm
	Costs   []Cost
	Calm    time.Duration // in which nothing happened
	Sent    float64       // bytes of gossip a second and node, in the calm
}

// Cost is what processes used while nothing happened.
type Cost struct {
	Name   string
	Cores  float64 // processor time a second
	Memory int64   // resident, bytes
	Of     int     // nodes, of which it is the sum; 0: of none
}

// Steps and costs that are looked up.
const (
	joined    = "since the last start, all know each other"
	oneKilled = "one node is killed"
	allNodes  = "all nodes"
)

// death is that step; without it the zero Step.
func (r Report) death() (death Step) {
	for _, s := range r.Steps {
		if s.Name == oneKilled {
			death = s
		}
	}
	return death
}

// Passed tells whether every step went as it should.
func (r Report) Passed() bool {
	return len(r.Steps) > 0 && !slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Wrong != "" })
}

// run is a cluster while it runs.
type run struct {
	Options
	processes []*process // monitor, provider, crowds
	monitor   *process
	crowds    []*process
	places    []place
	client    *xmlrpc.Client
	asked     wire.Monitor
	records   int // of results.jsonl that have been read
	report    Report
}

// Run runs a cluster and ends it. The error is of what could not be run or measured.
func Run(ctx context.Context, o Options) (report Report, err error) {
	r := &run{Options: o}
	defer func() {
		for _, p := range r.processes {
			err = errors.Join(err, p.kill())
		}
		if r.client != nil {
			r.client.Close()
		}
	}()
	for _, do := range []func(context.Context) error{
		r.startServers, r.startNodes, r.join, r.settle, r.calm, r.killOne, r.killThree, r.revive,
	} {
		if err := do(ctx); err != nil {
			return r.report, err
		}
		if len(r.report.Steps) > 0 && !r.report.Passed() {
			return r.report, nil // what comes next would be about another cluster
		}
	}
	return r.report, nil
}

func (r *run) startServers(ctx context.Context) (err error) {
	if r.client, err = xmlrpc.NewClient(xmlrpc.DefaultClientOptions()); err != nil {
		return err
	}
	ports, err := local.FreePorts(ctx, 2+r.Nodes)
	if err != nil {
		return err
	}
	monitor, provider := string(crowd.Address(ports[0])), string(crowd.Address(ports[1]))
	own := func(port int) []string {
		return []string{
			"--bind", "127.0.0.1", "--advertise", "127.0.0.1", "--port", strconv.Itoa(port),
			"--connections", strconv.Itoa(connections(r.Nodes)),
		}
	}
	if _, err := r.launch(ctx, harness.Provider, false, filepath.Join(r.Programs, "provider"),
		append(own(ports[1]), "--version", r.Protocol.Name)...); err != nil {
		return err
	}
	r.monitor, err = r.launch(ctx, harness.Monitor, false, filepath.Join(r.Programs, "monitor"),
		append(own(ports[0]), "--provider", provider, "--heartbeat", r.Timing.Heartbeat.String(),
			"--gossip", r.Timing.Gossip.String(), "--fail", r.Timing.Fail.String(), "--results", r.file("txt"))...)
	if err != nil {
		return err
	}
	r.asked = wire.Monitor{Client: r.client, HostPort: monitor}
	for _, address := range []string{monitor, provider} {
		if err := r.until(ctx, time.Minute, func() (bool, string, error) {
			return listens(ctx, address), address + " does not listen yet", nil
		}); err != nil {
			return err
		}
	}
	for i := range r.Crowds {
		first, next := i*r.Nodes/r.Crowds, (i+1)*r.Nodes/r.Crowds
		// A monitor has a machine of its own in earnest; here it goes before the nodes.
		c, err := r.launch(ctx, fmt.Sprintf("crowd%d", i+1), true, "nice", "-n", "10", r.Crowd,
			"--monitor", monitor, "--provider", provider,
			"--heartbeat", r.Timing.Heartbeat.String(), "--gossip", r.Timing.Gossip.String(),
			"--fail", r.Timing.Fail.String(), "--freshness", r.Freshness.String(),
			"--seed", strconv.FormatUint(r.Seed+uint64(first), 10))
		if err != nil {
			return err
		}
		for _, port := range ports[2+first : 2+next] {
			r.places = append(r.places, place{c, port})
		}
		r.crowds = append(r.crowds, c)
	}
	return nil
}

func listens(ctx context.Context, address string) bool {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	return err == nil && c.Close() == nil
}

// verdicts asks the monitor who is alive, and who failed; away says why it has not
// answered in time, which may be because it is busy.
func (r *run) verdicts(ctx context.Context) (live, dead []gossip.Address, away string) {
	live, dead, err := r.asked.AliveDead(ctx)
	if err != nil {
		return nil, nil, err.Error()
	}
	return live, dead, ""
}

func (r *run) file(extension string) string { return filepath.Join(r.Dir, "results."+extension) }

// startsPerSecond is how many nodes are started a second. Whoever meets a peer for the first time
// exchanges digests with it, and nodes that all join at once have nothing but first meetings: three
// times the messages that the same nodes send at rest.
const startsPerSecond = 10

func (r *run) startNodes(ctx context.Context) error {
	next := time.NewTicker(time.Second / startsPerSecond)
	defer next.Stop()
	for i, p := range r.places {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
		}
		if err := p.start(r.seedOf(i)); err != nil {
			return err
		}
		r.Tell(fmt.Sprintf("%d of %d nodes are started", i+1, r.Nodes))
	}
	return nil
}

// seedOf is whom a node shakes hands with: the first, and that one with the second.
func (r *run) seedOf(i int) gossip.Address {
	if i == 0 {
		return r.places[1].address()
	}
	return r.places[0].address()
}

// join waits until every node knows every other, and the monitor all.
func (r *run) join(ctx context.Context) error {
	return r.step(ctx, joined, r.limit(), 0, func() (bool, string, error) {
		all, err := r.look()
		if err != nil {
			return false, "", err
		}
		live, dead, away := r.verdicts(ctx)
		if away != "" {
			return false, away, nil
		}
		text := fmt.Sprintf("of %d nodes the one that knows fewest knows %d others, the monitor has %d alive, %d failed",
			r.Nodes, all.Known, len(live), len(dead))
		return all.Known == r.Nodes-1 && len(live) == r.Nodes, text, nil
	})
}

// limit is how long joining and coming to rest may take. The time is the machine's: it is
// no claim of the protocol's.
func (r *run) limit() time.Duration { return time.Minute + time.Duration(r.Nodes)*500*time.Millisecond }

// settle waits until the nodes are at rest, but no longer than so: where a period of the
// ring takes an hour, they are not.
func (r *run) settle(ctx context.Context) error {
	err := r.until(ctx, r.limit(), func() (bool, string, error) {
		all, err := r.look()
		return err == nil && all.Awaits == 0, fmt.Sprintf("%d nodes are not at rest yet", all.Awaits), err
	})
	if late := (*late)(nil); errors.As(err, &late) {
		return nil
	}
	r.report.Settled = err == nil
	return err
}

func (r *run) killOne(ctx context.Context) error {
	return r.deaths(ctx, 1, oneKilled, r.places[r.Nodes/2:r.Nodes/2+1], nil)
}

func (r *run) killThree(ctx context.Context) error {
	return r.deaths(ctx, 2, "three nodes are killed at once",
		[]place{r.places[2], r.places[r.Nodes-1], r.places[r.Nodes-2]}, r.places[r.Nodes/2:r.Nodes/2+1])
}

// deaths kills nodes during a test case, and waits until it has ended and all of them,
// and nobody else but those who died before, are declared failed.
func (r *run) deaths(ctx context.Context, number int, name string, victims, before []place) error {
	if err := r.menu(number); err != nil {
		return err
	}
	if err := kill(victims); err != nil {
		return err
	}
	all := addressesOf(append(slices.Clone(victims), before...))
	var ended *record
	return r.step(ctx, name, 2*r.DetectionBound(r.Nodes, len(all)), r.DetectionBound(r.Nodes, len(all)),
		func() (bool, string, error) {
			var err error
			if ended == nil {
				if ended, err = r.result(number); err != nil {
					return false, "", err
				}
			}
			live, dead, away := r.verdicts(ctx)
			if away != "" {
				return false, away, nil
			}
			if wrong := ended.wrong(addressesOf(victims)); wrong != "" {
				return false, "", &mistake{wrong}
			}
			text := fmt.Sprintf("%d alive, %d failed of which %d have died, the case has ended: %v",
				len(live), len(dead), len(all), ended != nil)
			slices.Sort(dead)
			return ended != nil && slices.Equal(dead, all), text, nil
		})
}

func (r *run) revive(ctx context.Context) error {
	back := r.Nodes - 1
	if err := r.menu(3); err != nil {
		return err
	}
	if err := r.places[back].start(r.seedOf(back)); err != nil {
		return err
	}
	return r.step(ctx, "one of them comes back", 2*r.DetectionBound(r.Nodes, 3), r.DetectionBound(r.Nodes, 3),
		func() (bool, string, error) {
			ended, err := r.result(3)
			if err != nil {
				return false, "", err
			}
			if wrong := ended.wrong([]gossip.Address{r.places[back].address()}); wrong != "" {
				return false, "", &mistake{wrong}
			}
			return ended != nil, "not declared alive yet", nil
		})
}

func addressesOf(places []place) (all []gossip.Address) {
	for _, p := range places {
		all = append(all, p.address())
	}
	slices.Sort(all)
	return all
}
