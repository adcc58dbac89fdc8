// Package scale has a cluster of hundreds or thousands of nodes run on this machine: real
// XML-RPC over loopback, one real monitor and provider, and the nodes in crowds, some
// hundred in a process (harness/scale/crowd). They join; then one node is killed, three
// more are, and one of those comes back.
//
// Options go in, a [Report] comes out: what each step found, and what the cluster used
// while nothing happened.
package scale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
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

// poll is how often what is waited for is asked for.
const poll = 500 * time.Millisecond

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

// calm measures what the cluster uses while nothing happens, in which nobody is declared failed.
func (r *run) calm(ctx context.Context) error {
	before, begun, err := r.measure()
	if err != nil {
		return err
	}
	if err := r.step(ctx, "nothing happens", r.Calm+r.limit(), 0, func() (bool, string, error) {
		_, dead, away := r.verdicts(ctx)
		if len(dead) > 0 {
			return false, "", &mistake{fmt.Sprintf("%d are declared failed, as %s is", len(dead), dead[0])}
		}
		past := time.Since(begun.at)
		return away == "" && past >= r.Calm, fmt.Sprintf("nothing has happened for %v %s", past.Round(time.Second), away), nil
	}); err != nil {
		return err
	}
	after, ended, err := r.measure()
	if err != nil {
		return err
	}
	r.report.Calm = ended.at.Sub(begun.at).Round(time.Second)
	seconds := ended.at.Sub(begun.at).Seconds()
	nodes := Cost{Name: allNodes, Of: r.Nodes}
	for i, p := range r.processes {
		c := Cost{Name: p.name, Cores: (after[i].cpu - before[i].cpu).Seconds() / seconds, Memory: after[i].memory}
		if slices.Contains(r.crowds, p) {
			nodes.Cores += c.Cores
			nodes.Memory += c.Memory
			continue
		}
		r.report.Costs = append(r.report.Costs, c)
	}
	r.report.Costs = append(r.report.Costs, nodes)
	r.report.Sent = float64(ended.sent-begun.sent) / seconds / float64(r.Nodes)
	return nil
}

type used struct {
	cpu    time.Duration
	memory int64
}

type instant struct {
	at   time.Time
	sent int64
}

func (r *run) measure() (all []used, i instant, err error) {
	for _, p := range r.processes {
		u, err := p.usage()
		if err != nil {
			return nil, i, err
		}
		all = append(all, used{u.CPU, u.Memory})
	}
	sum, err := r.look()
	return all, instant{time.Now(), sum.Sent}, err
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

func (r *run) menu(number int) error {
	_, err := fmt.Fprintln(r.monitor.in, number)
	return err
}

// record is a line of results.jsonl.
type record struct {
	Case          int              `json:"case"`
	Victims       []gossip.Address `json:"victims"` // in case 3: who came back
	FalseFailures int              `json:"false_failures"`
}

// wrong says what is wrong with a result about these nodes; nothing is with none.
func (r *record) wrong(about []gossip.Address) string {
	if r == nil {
		return ""
	}
	for _, a := range r.Victims {
		if !slices.Contains(about, a) {
			return fmt.Sprintf("the case ended with %s, which nothing has happened to", a)
		}
	}
	if r.FalseFailures > 0 {
		return fmt.Sprintf("%d false failures", r.FalseFailures)
	}
	return ""
}

// result reads the next line of results.jsonl, which must be of a case; nil: it is not
// there yet.
func (r *run) result(number int) (*record, error) {
	text, err := os.ReadFile(r.file("jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	if len(lines) <= r.records+1 {
		return nil, nil // the last one has no end yet
	}
	var found record
	if err := json.Unmarshal(lines[r.records], &found); err != nil {
		return nil, fmt.Errorf("%s: %w", r.file("jsonl"), err)
	}
	if found.Case != number {
		return nil, fmt.Errorf("%s: case %d has ended, want %d", r.file("jsonl"), found.Case, number)
	}
	r.records++
	return &found, nil
}

func (r *run) look() (all crowd.Summary, err error) {
	for _, c := range r.crowds {
		var s crowd.Summary
		if err := c.ask("look", &s); err != nil {
			return crowd.Summary{}, err
		}
		all = all.Plus(s)
	}
	return all, nil
}

// late is an error of what has not come about.
type late struct{ text string }

func (l *late) Error() string { return l.text }

// mistake is an error of what should never come about.
type mistake struct{ text string }

func (m *mistake) Error() string { return m.text }

// until asks until it is so, for as long as limit. Its error is *late then.
func (r *run) until(ctx context.Context, limit time.Duration, so func() (done bool, text string, err error)) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for deadline := time.Now().Add(limit); ; {
		done, text, err := so()
		if done || err != nil {
			return err
		}
		r.Tell(text)
		if time.Now().After(deadline) {
			return &late{text}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// step is until, whose outcome is reported.
func (r *run) step(
	ctx context.Context, name string, limit, bound time.Duration, so func() (bool, string, error),
) error {
	began := time.Now()
	err := r.until(ctx, limit, so)
	s := Step{Name: name, Took: time.Since(began), Bound: bound}
	late, mistake := (*late)(nil), (*mistake)(nil)
	switch {
	case errors.As(err, &late):
		s.Wrong = "not after that time: " + late.text
	case errors.As(err, &mistake):
		s.Wrong = mistake.text
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case bound > 0 && s.Took > bound:
		s.Wrong = "later than the bound"
	}
	r.report.Steps = append(r.report.Steps, s)
	return nil
}
