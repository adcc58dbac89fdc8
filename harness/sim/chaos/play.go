package chaos

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// Failure is an invariant that did not hold.
type Failure struct {
	Invariant string        `json:"invariant"` // its name, for shrinking
	At        time.Duration `json:"at"`        // virtual time since the world began
	Phase     string        `json:"phase"`
	Text      string        `json:"text"`
}

func (f Failure) Error() string {
	return fmt.Sprintf("%s (%s, at %.3fs): %s", f.Invariant, f.Phase, f.At.Seconds(), f.Text)
}

// The invariants' names.
const (
	Joins      = "a cluster joins"
	Observers  = "observers report what they heard, and no version goes back"
	Rests      = "a node rests between its deadlines"
	Definition = "the incremental consensus equals the definition"
	Truth      = "cases end only on truth"
	Settles    = "after healing every verdict becomes right"
	Detects    = "a victim is declared within its bound"
	Accurate   = "no node that runs is declared dead without an excuse"
	Ends       = "a case that must end ends, with the right victims, within the bound"
)

// mostDefined is up to how many nodes the monitor is held against the definition,
// which looks at all cells for each voice after each report.
const mostDefined = 10

// joinLimit is how long the cluster may take to join before any fault.
const joinLimit = 90 * time.Second

// player runs one plan.
type player struct {
	plan     Plan
	spec     protocol.Spec
	world    *sim.World
	phase    string
	witness  map[string]*witness
	began    map[string]time.Duration // the present life of a process that was started again
	gone     map[string]time.Duration // when its latest life ended
	rule     *definition              // nil: the cluster is too large for it
	failure  *Failure
	cuts     map[[2]string]int
	calm     bool
	restored bool
	excuses  excuses
	tally    Tally
	killed   []string  // in the calm
	ended    bool      // the case about them has
	trace    io.Writer // nil: none
}

// Play runs a plan; nil if every invariant held. The error is about a plan that
// cannot be run.
func Play(p Plan) (*Failure, Tally, error) {
	y, err := play(p, nil)
	if err != nil {
		return nil, Tally{}, err
	}
	return y.failure, y.tally, nil
}

// play writes every step to trace, unless that is nil.
func play(p Plan, trace io.Writer) (*player, error) {
	spec, ok := protocol.ByName(p.Protocol)
	if !ok {
		return nil, fmt.Errorf("plan: unknown protocol %q", p.Protocol)
	}
	c := sim.DefaultConfig(spec)
	c.Freshness = p.Freshness
	c.Nodes, c.Aligned, c.Timing, c.Seed, c.Peers, c.Servers = p.Nodes, p.Aligned, p.Timing, p.Seed, p.Peers, p.Servers
	c.Spread = p.Timing.Gossip
	c.Machine = func(node int) sim.Machine {
		if len(p.Machines) == 0 {
			return sim.Machine{}
		}
		return p.Machines[min(node, len(p.Machines))-1]
	}
	w, err := sim.New(c)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	y := &player{
		plan: p, spec: spec, world: w, witness: map[string]*witness{}, began: map[string]time.Duration{}, gone: map[string]time.Duration{},
		cuts: map[[2]string]int{}, trace: trace, tally: newTally(),
		excuses: excuses{
			nodes: w.Nodes(), drawn: spec.Ring == protocol.NoRing, slots: spec.Slots, linger: p.settleLimit(),
			spells: map[excused]*spell{},
		},
	}
	if p.Nodes <= mostDefined {
		y.rule = y.definition()
	}
	w.Observe(sim.Hooks{Step: y.step, Process: y.process, Input: y.input, Result: y.result})
	y.run()
	return y, nil
}

func (y *player) fail(invariant, format string, args ...any) {
	if y.failure == nil {
		y.failure = &Failure{Invariant: invariant, At: y.world.Elapsed(), Phase: y.phase, Text: fmt.Sprintf(format, args...)}
	}
}

// pass lets d pass unless an invariant has failed; true if done says so.
func (y *player) pass(d time.Duration, done func() bool) bool {
	if y.failure != nil {
		return false
	}
	ok := false
	y.world.RunUntil(func() bool {
		ok = done()
		return ok || y.failure != nil
	}, d)
	return ok
}

func never() bool { return false }

func (y *player) run() {
	y.phase = "joining"
	if !y.world.AwaitJoined(joinLimit) {
		y.fail(Joins, "not joined within %v", joinLimit)
	}
	if y.failure != nil {
		return
	}
	y.phase = "chaos"
	began := y.world.Elapsed()
	for _, f := range y.plan.Faults {
		y.world.At(began+f.At, func() { y.begin(f) })
	}
	y.pass(y.plan.Chaos, never)
	if y.failure != nil {
		return
	}
	y.phase = "healing"
	y.heal()
	if !y.pass(y.plan.settleLimit(), y.right) && y.failure == nil && !y.right() {
		y.fail(Settles, "%v after healing: %s", y.plan.settleLimit(), y.wrongs())
	}
	// Right once is not enough: news of the healing may still be on its way.
	y.pass(y.plan.settleLimit(), never)
	if y.failure == nil && !y.right() {
		y.fail(Settles, "%v after healing: %s", 2*y.plan.settleLimit(), y.wrongs())
	}
	y.excuseDead()
	y.phase = "calm"
	y.finish()
}

// finish kills nodes of the calm cluster and has the monitor find them.
func (y *player) finish() {
	if y.failure != nil {
		return
	}
	var live []string
	for _, n := range y.world.Nodes() {
		if y.world.Running(n) {
			live = append(live, n)
		}
	}
	dead := len(y.world.Nodes()) - len(live)
	victims := min(y.plan.Victims, max(1, len(live)/2), len(live)-2)
	if victims < 1 {
		return
	}
	rand.New(rand.NewPCG(y.plan.Seed, 0xca1)).Shuffle(len(live), func(i, k int) { live[i], live[k] = live[k], live[i] })
	y.killed = live[:victims]
	y.calm = true
	y.world.Type("cancel")
	if y.plan.Silent {
		y.world.Unplug(y.killed...)
	} else {
		y.world.Kill(y.killed...)
	}
	y.world.Type(strconv.Itoa(min(victims, 2)))
	p := protocol.Parameters{Protocol: y.spec, Timing: y.plan.Timing, Aligned: y.plan.Aligned && !y.offsets()}
	bound := p.DetectionBound(len(y.world.Nodes()), dead+victims)
	if 2*(dead+victims) > len(y.world.Nodes()) {
		bound *= 2 // the monitor hears the lesser part, and waits
	}
	found := func() bool { return y.ended && y.right() }
	if !y.pass(bound, found) && y.failure == nil && !found() {
		if !y.right() {
			y.fail(Detects, "%v after the death of %v: %s", bound, y.killed, y.wrongs())
		} else {
			y.fail(Ends, "%v after the death of %v no case has ended", bound, y.killed)
		}
	}
	y.pass(y.plan.Timing.Fail, never)
}

// offsets tells whether some clock is off: its rounds are not aligned then.
func (y *player) offsets() bool {
	for _, m := range y.plan.Machines {
		if m.Offset != 0 || m.PPM != 0 {
			return true
		}
	}
	return false
}

// right tells whether the monitor knows every running node and holds exactly
// those dead that are. Where nobody else is left to judge a node the last verdict
// stands, and a dead node that no observer of this monitor has ever reported on
// does not count (docs/DECISIONS.md, decisions 7 and 8); nor does one of which so few have heard
// in their lives that there is nothing to judge it by: that is counted as an excuse.
func (y *player) right() bool { return y.wrongs() == "" }

func (y *player) wrongs() string {
	text, _ := y.compare()
	return text
}

// compare tells what is wrong, and how many dead nodes are excused.
func (y *player) compare() (text string, excused int) {
	s := y.world.Monitor()
	if s == nil {
		return "the monitor does not run", 0
	}
	for _, name := range y.world.Nodes() {
		n, known := s.Node(y.world.Address(name))
		running := y.world.Running(name)
		switch {
		case running && !known:
			text += name + " is unknown; "
		case running && n.Failed && n.Observers > 0:
			text += name + " runs and is held dead; "
		case running && !n.Fresh:
			text += name + " runs and is not heard; "
		case running || !known || n.Failed || !n.ReportedOn || n.Observers == 0:
		case judgeable(y.acquaintances(name)):
			text += fmt.Sprintf("%s is dead and held alive, suspected by %d of %d; ", name, n.Suspecting, n.Observers)
		default:
			excused++
		}
	}
	return text, excused
}

// excuseDead counts the dead nodes that are held alive with an excuse.
func (y *player) excuseDead() {
	if _, n := y.compare(); n > 0 {
		y.tally.Excused[Unremembered] += n
	}
}

// acquaintance is what a node that runs has to do with a dead one.
type acquaintance struct {
	knows bool // its name
	since bool // it has run since before the death
}

// judgeable tells whether those that run can judge a dead node: one of them, if it has run since
// before the death, else at least half. When all have restarted since, they know of the node by
// hearsay at most, and most may never hear of it (chaos 427773).
func judgeable(running []acquaintance) bool {
	knowing := 0
	for _, a := range running {
		if a.knows && a.since {
			return true
		}
		if a.knows {
			knowing++
		}
	}
	return knowing > 0 && 2*knowing >= len(running)
}

func (y *player) acquaintances(dead string) []acquaintance {
	var all []acquaintance
	for _, name := range y.world.Nodes() {
		n := y.world.Node(name)
		if n == nil {
			continue
		}
		a := acquaintance{since: y.began[name] <= y.gone[dead]}
		for e := range n.Endpoints() {
			a.knows = a.knows || e.Address == y.world.Address(dead)
		}
		all = append(all, a)
	}
	return all
}

// definition is the rule of a monitor that has just started.
func (y *player) definition() *definition {
	p := protocol.Parameters{Protocol: y.spec, Timing: y.plan.Timing, Aligned: y.plan.Aligned}
	return newDefinition(y.plan.Timing.Fail, p.DetectionBound)
}

func (y *player) process(at time.Duration, name string, c sim.Change) {
	if name == harness.Monitor && c == sim.Started && y.rule != nil {
		y.rule = y.definition()
	}
	switch c {
	case sim.Started:
		y.began[name] = at
	case sim.Ended:
		y.gone[name] = at
		delete(y.witness, name)
	}
}

func (y *player) step(s sim.Step) {
	if y.trace != nil {
		fmt.Fprintf(y.trace, "%d %s %T %d\n", s.At, s.Name, s.Event, len(s.Effects))
	}
	w := y.witness[s.Name]
	if w == nil || w.life != s.Life {
		w = newWitness(s, y.spec, y.plan)
		y.witness[s.Name] = w
	}
	if err := w.step(s); err != nil {
		y.fail(Observers, "%v", err)
	}
	if !s.Node.Deadline().After(s.Now) {
		y.fail(Rests, "%s is due again at once after %T", s.Name, s.Event)
	}
}

func (y *player) input(at time.Time, in consensus.Input, events []consensus.Event) {
	if y.rule != nil {
		y.rule.step(at, in)
		if err := y.rule.differs(y.world.Monitor()); err != nil {
			y.fail(Definition, "after %T: %v", in, err)
		}
	}
	for _, e := range events {
		if e.Kind == consensus.Failed {
			y.accuse(Accurate, e.Node.Name(), e.String())
		}
	}
}

// accuse fails the run if a node that is said to be dead runs, unless that has an
// excuse, which is counted. In the calm nothing is excused.
func (y *player) accuse(invariant, node, text string) {
	if !y.world.Running(node) || y.world.Paused(node) {
		return
	}
	why := y.excuses.find(node, y.world.Elapsed())
	if why == "" || y.calm {
		y.fail(invariant, "%s, which runs: %s", node, text)
		return
	}
	y.tally.Excused[why]++
}

// result holds a case's end against who runs, and against the definition.
func (y *player) result(r testcase.Result) {
	y.ended = y.ended || y.calm
	if len(r.Victims) == 0 {
		y.fail(Truth, "case %d ends with nobody", r.Case)
	}
	if y.calm && len(r.Disputed) > 0 {
		y.fail(Truth, "case %d of a calm cluster ends with disputed verdicts: %v", r.Case, r.Disputed)
	}
	if r.Case != testcase.Revival {
		for _, a := range r.Victims {
			y.accuse(Ends, a.Name(), fmt.Sprintf("case %d ends with it as a victim", r.Case))
		}
	}
	if y.rule != nil {
		y.defined(r)
	}
}

// defined holds a case's end against the definition.
func (y *player) defined(r testcase.Result) {
	disputed := map[gossip.Address]bool{}
	for _, d := range r.Disputed {
		disputed[d.Node] = true
	}
	for _, a := range r.Victims {
		n := y.rule.nodes[a]
		dead := n != nil && n.failed && y.rule.silent(a)
		if r.Case == testcase.Revival && (n == nil || n.failed || !y.rule.young(n.heartbeat)) || r.Case != testcase.Revival && !dead {
			y.fail(Truth, "case %d ends with %s, which is not so", r.Case, a)
		}
	}
	for _, a := range y.rule.order {
		n := y.rule.nodes[a]
		wrong := n.failed && y.rule.young(n.heartbeat) || !n.failed && y.rule.silent(a) && y.rule.judged(a)
		if wrong != disputed[a] {
			y.fail(Truth, "case %d ends: verdict about %s contradicted %v, listed as disputed %v", r.Case, a, wrong, disputed[a])
		}
	}
}
