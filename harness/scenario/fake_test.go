package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/testcase"
)

// fakeBackend starts clusters in virtual time, with a monitor that always finds
// a dead node after detect and a revived one after revive. Its faults are what
// the harness is there to notice.
type fakeBackend struct {
	detect, revive time.Duration
	startErr       error
	wrongly        string        // a live node that is held dead for a moment
	wronglyFrom    time.Duration // since the start
	wronglyFor     time.Duration
	blindFrom      time.Duration // the monitor does not answer from here on
	blindFor       time.Duration
	endsAt         time.Duration // a node ends by itself
	neverJoins     bool
	settlesAt      time.Duration          // since the start
	originals      []string               // nodes that cannot tell
	change         func(*testcase.Result) // of each result
	heals          time.Duration          // after which something else starts dead nodes again; 0: nothing does
	grows          bool
	addErr         error // of a node that is there and does not start
	closed         int
	last           *fakeCluster
}

func goodBackend() *fakeBackend {
	return &fakeBackend{detect: 12 * time.Second, revive: time.Second}
}

func (b *fakeBackend) Name() string { return "sim" }

func (b *fakeBackend) Start(_ context.Context, s harness.ClusterSpec) (harness.Cluster, error) {
	if b.startErr != nil {
		return nil, b.startErr
	}
	c := &fakeCluster{
		fakeBackend: b, spec: s, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		died: map[string]time.Time{}, rose: map[string]time.Time{}, counted: map[string]bool{},
	}
	c.began = c.now
	for i := range s.Nodes {
		c.names = append(c.names, fmt.Sprintf("node%d", i+1))
	}
	b.last = c
	if b.heals > 0 {
		return &healingCluster{c}, nil
	}
	if b.grows {
		return &growingCluster{c}, nil
	}
	return c, nil
}

// growingCluster takes in more nodes.
type growingCluster struct{ *fakeCluster }

func (c *growingCluster) Add(context.Context) error {
	c.names = append(c.names, fmt.Sprintf("node%d", len(c.names)+1))
	return c.addErr
}

// healingCluster is one whose dead nodes an orchestrator starts again.
type healingCluster struct{ *fakeCluster }

func (c *healingCluster) Kill(ctx context.Context, names ...string) error {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !c.died[n].IsZero() })
	return c.fakeCluster.Kill(ctx, names...)
}

func (c *healingCluster) Returned(_ context.Context, names ...string) (bool, error) {
	return !slices.ContainsFunc(names, func(n string) bool { return c.now.Before(c.died[n].Add(c.heals)) }), nil
}

// Restart takes as long as the orchestrator does.
func (c *healingCluster) Restart(ctx context.Context, names ...string) error {
	for _, n := range names {
		if back := c.died[n].Add(c.heals); back.After(c.now) {
			c.now = back
		}
	}
	return c.fakeCluster.Restart(ctx, names...)
}

type fakeCluster struct {
	*fakeBackend
	spec       harness.ClusterSpec
	began, now time.Time
	names      []string
	died, rose map[string]time.Time
	kase       testcase.Case // running
	caseBegan  time.Time
	typed      []string
	text       []byte
	records    []byte
	counted    map[string]bool // victims of earlier cases
}

func (c *fakeCluster) Nodes() []string { return slices.Clone(c.names) }

func (c *fakeCluster) Address(node string) gossip.Address {
	if !slices.Contains(c.names, node) {
		return ""
	}
	return gossip.Address(node + ":5000")
}

func (c *fakeCluster) Now() time.Time { return c.now }

func (c *fakeCluster) Wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.now = c.now.Add(d)
	if c.endsAt > 0 && c.now.Sub(c.began) >= c.endsAt {
		return fmt.Errorf("node2 %w (exit status 2): panic", harness.ErrEnded)
	}
	c.conclude()
	return nil
}

func (c *fakeCluster) dead() []string {
	var dead []string
	for _, n := range c.names {
		at, died := c.died[n]
		back, isBack := c.rose[n]
		if died && c.now.Sub(at) >= c.detect && (!isBack || c.now.Sub(back) < c.revive) {
			dead = append(dead, n)
		}
		if n == c.wrongly && c.now.Sub(c.began) >= c.wronglyFrom && c.now.Sub(c.began) < c.wronglyFrom+c.wronglyFor {
			dead = append(dead, n)
		}
	}
	return dead
}

// conclude ends a running case when all that it is about has been found.
func (c *fakeCluster) conclude() {
	if c.kase == 0 {
		return
	}
	r := testcase.Result{
		Case: c.kase, Title: c.kase.Title(), Seconds: c.now.Sub(c.caseBegan).Seconds(),
		Nodes: len(c.names), Messages: 100,
	}
	dead := c.dead()
	for n := range c.died {
		if _, back := c.rose[n]; back != (c.kase == testcase.Revival) || c.counted[n] && !back {
			continue
		}
		if slices.Contains(dead, n) == (c.kase == testcase.Revival) {
			return
		}
		r.Victims = append(r.Victims, c.Address(n))
	}
	if len(r.Victims) == 0 {
		return
	}
	for _, v := range r.Victims {
		c.counted[v.Name()] = true
	}
	if c.change != nil {
		c.change(&r)
	}
	c.kase = 0
	line, err := r.Line()
	if err != nil {
		panic(err)
	}
	c.text = append(c.text, r.File()...)
	c.records = append(c.records, line...)
}

func (c *fakeCluster) Kill(_ context.Context, names ...string) error {
	for _, n := range names {
		c.died[n] = c.now
		delete(c.rose, n)
	}
	return nil
}

func (c *fakeCluster) Interrupt(ctx context.Context, names ...string) error {
	return c.Kill(ctx, names...)
}

func (c *fakeCluster) Restart(_ context.Context, names ...string) error {
	for _, n := range names {
		if c.now.Sub(c.died[n]) < c.detect {
			delete(c.died, n)
		}
		c.rose[n] = c.now
	}
	return nil
}

func (c *fakeCluster) Pause(ctx context.Context, names ...string) error { return c.Kill(ctx, names...) }

func (c *fakeCluster) Resume(ctx context.Context, names ...string) error {
	return c.Restart(ctx, names...)
}

func (c *fakeCluster) Partition(ctx context.Context, groups ...[]string) error {
	return c.Kill(ctx, groups[0]...)
}
func (c *fakeCluster) Cut(context.Context, string, string) error { return nil }
func (c *fakeCluster) Loss(context.Context, float64) error       { return harness.ErrUnsupported }
func (c *fakeCluster) Heal(context.Context) error {
	for n := range c.died {
		c.rose[n] = c.now
	}
	return nil
}

func (c *fakeCluster) Menu(_ context.Context, line string) error {
	c.typed = append(c.typed, line)
	switch line {
	case "1", "2", "3":
		c.kase, c.caseBegan = testcase.Case(line[0]-'0'), c.now
	}
	return nil
}

func (c *fakeCluster) MenuOutput(context.Context) (string, error) {
	return strings.Join(c.typed, "\n") + "\nwaiting: 1 of 2 failed", nil
}

func (c *fakeCluster) AliveDead(context.Context) (live, dead []gossip.Address, err error) {
	if t := c.now.Sub(c.began); c.blindFor > 0 && t >= c.blindFrom && t < c.blindFrom+c.blindFor {
		return nil, nil, errors.New("connection refused")
	}
	for _, n := range c.dead() {
		dead = append(dead, c.Address(n))
	}
	return nil, dead, nil
}

func (c *fakeCluster) SuspectMatrix(context.Context) ([][]int, error) {
	matrix := make([][]int, len(c.names))
	for i := range matrix {
		matrix[i] = make([]int, len(c.names))
	}
	return matrix, nil
}

func (c *fakeCluster) Mapping(context.Context) (map[gossip.Address]int, error) {
	mapping := map[gossip.Address]int{}
	for i, n := range c.names {
		mapping[c.Address(n)] = i
	}
	return mapping, nil
}

func (c *fakeCluster) Results(context.Context) (text, records []byte, err error) {
	return c.text, c.records, nil
}

func (c *fakeCluster) Joined(context.Context) (map[string][]string, error) {
	if c.neverJoins || c.now.Sub(c.began) < 5*time.Second {
		return map[string][]string{"node1": {"node2"}}, nil
	}
	return nil, nil
}

func (c *fakeCluster) Unsettled(context.Context) (harness.Unrest, error) {
	u := harness.Unrest{Awaits: map[string]string{}, CannotTell: c.originals}
	if c.now.Sub(c.began) < c.settlesAt {
		u.Awaits["node3"] = "a handshake with node7:5000 is due"
	}
	return u, nil
}

func (c *fakeCluster) Close() error {
	c.closed++
	return nil
}
