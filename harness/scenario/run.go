package scenario

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
)

// run is one script being run: what has been done to the cluster, and what is
// known of it. It belongs to one goroutine.
type run struct {
	ctx     context.Context
	options Options
	folder  *folder
	cluster harness.Cluster // nil until the script's cluster line
	spec    harness.ClusterSpec

	began     time.Time // on the cluster's clock
	nodes     map[string]*node
	byAddress map[gossip.Address]string

	// The monitor goes unsampled while it is down, on purpose.
	monitorUp  bool
	lastSample time.Time
	dead       map[string]bool // as last sampled

	cutOff []string        // by the partition in force
	mark   act             // the last thing done to nodes: what times are measured from
	typed  time.Time       // the last menu entry
	again  map[string]bool // what a repeat has told people, and only the log is told again; nil: none is under way
	// settled: the script has awaited it, and nothing has joined or come back since.
	settled bool

	cases        []CaseResult
	expectations int
	wrongs       []string // each makes the run fail
	doubts       []string // each keeps it from passing
}

// node is what the harness has done to a node, whatever the monitor thinks.
type node struct {
	up      bool // running, not paused, not cut off
	excused bool // may be held dead: not heard alive since it came back, or allowed by the script
	allowed bool // by the script
}

// act is a kill, an interrupt, a restart, or another change to nodes.
type act struct {
	at     time.Time
	verb   string // kill, restart and so on
	names  []string
	alive  bool          // the nodes are to be found alive, not dead
	bound  time.Duration // by when
	noted  bool          // found so
	took   time.Duration // until all were found so
	exists bool
	atRest bool // the cluster was at rest
}

var errNoCluster = errors.New("no cluster yet, begin with: cluster N PROTOCOL")

func (r *run) startCluster(args []string) error {
	if r.cluster != nil {
		return errors.New("a cluster is running already, a script has one")
	}
	spec, err := r.readSpec(args)
	if err != nil {
		return err
	}
	r.say("starting %s, %s, on %s", plural(spec.Nodes, "node"), spec.Protocol.Title, r.options.Backend.Name())
	c, err := r.options.Backend.Start(r.ctx, spec)
	if err != nil {
		return fmt.Errorf("start cluster: %w", err)
	}
	r.cluster, r.spec = c, spec
	r.began, r.lastSample, r.monitorUp = c.Now(), c.Now(), true
	r.nodes, r.byAddress = map[string]*node{}, map[gossip.Address]string{}
	for _, name := range c.Nodes() {
		// Nobody has heard of it yet, so nobody can wrongly declare it dead.
		r.nodes[name] = &node{up: true}
		r.byAddress[c.Address(name)] = name
	}
	r.folder.event(0, "cluster", map[string]any{
		"nodes": spec.Nodes, "protocol": spec.Protocol.Name, "timing": spec.Timing, "aligned": spec.Aligned,
		"freshness": spec.Freshness.String(), "seed": spec.Seed, "backend": r.options.Backend.Name(),
		"began": r.began,
	})
	return nil
}

func (r *run) readSpec(args []string) (harness.ClusterSpec, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > 10000 {
		return harness.ClusterSpec{}, fmt.Errorf("%q is no number of nodes, want 1 to 10000", args[0])
	}
	p, ok := protocol.ByName(args[1])
	if !ok {
		return harness.ClusterSpec{}, fmt.Errorf("unknown protocol %q, known are %s", args[1],
			strings.Join(protocol.Names(), ", "))
	}
	spec := harness.ClusterSpec{
		Parameters: protocol.DefaultParameters(p), Nodes: n, Seed: r.options.Seed, Speed: r.options.Speed,
		Dir: r.folder.path,
	}
	spec.Timing, spec.Freshness = spec.Timing.Scaled(r.options.Speed), r.options.Freshness
	for _, arg := range args[2:] {
		if err := r.readOption(&spec, arg); err != nil {
			return harness.ClusterSpec{}, err
		}
	}
	return spec, spec.Timing.Validate()
}

func (r *run) readOption(spec *harness.ClusterSpec, arg string) error {
	name, value, ok := strings.Cut(arg, "=")
	if !ok {
		return fmt.Errorf("%q: want name=value", arg)
	}
	var err error
	switch name {
	case "heartbeat":
		spec.Timing.Heartbeat, err = r.spans().parse(value)
	case "gossip":
		spec.Timing.Gossip, err = r.spans().parse(value)
	case "fail":
		spec.Timing.Fail, err = r.spans().parse(value)
	case "align":
		spec.Aligned, err = strconv.ParseBool(value)
	case "freshness":
		spec.Freshness, err = protocol.ParseFreshness(value)
	case "seed":
		spec.Seed, err = strconv.ParseUint(value, 10, 64)
	case "tls":
		if spec.TLS = value == "on"; !spec.TLS && value != "off" {
			err = fmt.Errorf("%q, want on or off", value)
		}
	default:
		return fmt.Errorf("unknown option %q, known are heartbeat, gossip, fail, align, freshness, seed and tls", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (r *run) spans() spans {
	timing := r.spec.Timing
	if r.cluster == nil {
		timing = protocol.DefaultTiming().Scaled(r.options.Speed)
	}
	return spans{speed: r.options.Speed, timing: timing, bound: r.bound()}
}

// bound is the time within which the latest act must show; before any act, that of a
// single death.
func (r *run) bound() time.Duration {
	if r.mark.exists {
		return r.mark.bound
	}
	if r.cluster == nil {
		return 0
	}
	return r.spec.DetectionBound(r.spec.Nodes, 1)
}

func (a act) String() string { return a.verb + " " + strings.Join(a.names, " ") }

// elapsed is the run's time so far, on the cluster's clock.
func (r *run) elapsed() time.Duration {
	if r.cluster == nil {
		return 0
	}
	return r.cluster.Now().Sub(r.began)
}

func (r *run) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.folder.log(r.elapsed(), text)
	if r.again[text] {
		return
	}
	if r.again != nil {
		r.again[text] = true
	}
	r.options.Progress.Event(r.elapsed(), text)
}

func (r *run) wrong(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.wrongs = append(r.wrongs, text)
	r.folder.event(r.elapsed(), "wrong", text)
	r.say(wrongWord+"%s", text)
}
