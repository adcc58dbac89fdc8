package replay_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/replay"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
	"gossiprpc/monitor/core"
	"gossiprpc/provider/registry"
)

// rehearsal is a simulated cluster whose processes are all recorded.
type rehearsal struct {
	t testing.TB
	*sim.World
	records map[string]*bytes.Buffer // by file name
	lies    []lie
}

// lie is a record that says other settings than its process ran with.
type lie struct {
	name   string
	change func(settings any) any
}

var started = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func rehearse(t testing.TB, protocolName string, nodes int, lies ...lie) *rehearsal {
	t.Helper()
	return rehearseWith(t, protocolName, nodes, func(*sim.Config) {}, lies...)
}

func rehearseWith(t testing.TB, protocolName string, nodes int, change func(*sim.Config), lies ...lie) *rehearsal {
	t.Helper()
	spec, ok := protocol.ByName(protocolName)
	if !ok {
		t.Fatalf("no protocol %s", protocolName)
	}
	r := &rehearsal{t: t, records: map[string]*bytes.Buffer{}, lies: lies}
	c := sim.DefaultConfig(spec)
	c.Nodes, c.Epoch, c.Wrap = nodes, started, r.wrap
	change(&c)
	w, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r.World = w
	return r
}

// wrap records one life of a process.
func (r *rehearsal) wrap(l sim.Life, m machine.Machine) machine.Machine {
	kind := recording.Node
	switch l.Name {
	case harness.Monitor:
		kind = recording.Monitor
	case harness.Provider:
		kind = recording.Provider
	}
	now := started
	if r.World != nil {
		now = r.Now()
	}
	settings := l.Settings
	for _, lie := range r.lies {
		if l.Name == lie.name {
			settings = lie.change(settings)
		}
	}
	h, err := recording.NewHeader(kind, l.Self, settings, "test", now)
	if err != nil {
		r.t.Fatal(err)
	}
	b := &bytes.Buffer{}
	r.records[replay.FileName(l.Name, int(l.Number))] = b
	return recording.Wrap(m, b, h, 0)
}

// write leaves a run's folder.
func (r *rehearsal) write() string {
	r.t.Helper()
	run := r.t.TempDir()
	if err := os.Mkdir(filepath.Join(run, "records"), 0o755); err != nil {
		r.t.Fatal(err)
	}
	for name, b := range r.records {
		if err := os.WriteFile(filepath.Join(run, "records", name), b.Bytes(), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	return run
}

// killed is a run in which node6 is killed after 30 s, and started again after 60.
func killed(t testing.TB, protocolName string) *rehearsal {
	r := rehearse(t, protocolName, 8)
	r.Run(30 * time.Second)
	r.Kill("node6")
	r.Run(30 * time.Second)
	r.Restart("node6")
	r.Run(30 * time.Second)
	return r
}

func TestEveryProtocolIsPlayedWithEqualEffects(t *testing.T) {
	for _, s := range protocol.All() {
		run := killed(t, s.Name).write()
		var out bytes.Buffer
		sum, err := replay.Folder(t.Context(), &out, run)
		if err != nil || sum.Processes != 11 || sum.Events < 1000 {
			t.Errorf("%s: %v, error %v", s.Name, sum, err)
		}
		if want := sum.String() + ", all effects equal\n"; out.String() != want {
			t.Errorf("%s: printed %q, want %q", s.Name, out.String(), want)
		}
	}
}

// Nodes that know each other from the start do so in their records too.
func TestARunThatBeganJoinedIsPlayed(t *testing.T) {
	for _, s := range protocol.All() {
		r := rehearseWith(t, s.Name, 6, func(c *sim.Config) { c.Joined = true })
		r.Run(20 * time.Second)
		r.Kill("node6")
		r.Run(30 * time.Second)
		r.Restart("node6")
		r.Run(20 * time.Second)
		var out bytes.Buffer
		sum, err := replay.Folder(t.Context(), &out, r.write())
		if err != nil || sum.Processes != 9 || sum.Events < 500 {
			t.Errorf("%s: %v, error %v\n%s", s.Name, sum, err, out.String())
		}
	}
}

func TestSummaryReadsWell(t *testing.T) {
	for s, want := range map[replay.Summary]string{
		{Processes: 10, Events: 41203}:     "10 processes, 41,203 events",
		{Processes: 1, Events: 999}:        "1 process, 999 events",
		{Processes: 2, Events: 1000}:       "2 processes, 1,000 events",
		{Processes: 1026, Events: 1234567}: "1,026 processes, 1,234,567 events",
	} {
		if got := s.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestAMachineWithAnotherRuleIsFound: one process of the run had another setting
// than its record says, which is as if a rule had changed since.
func TestAMachineWithAnotherRuleIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		change func(settings any) any
		event  string // what the first event with other effects must be
		now    string // and one of its effects
	}{
		"node3": {func(s any) any {
			c := s.(process.Config)
			c.Timing.Fail -= time.Second
			return c
		}, "event: the process starts", "to monitor:8000, at most 9s: register node3:5000"},
		"node4": {func(s any) any {
			c := s.(process.Config)
			c.Aligned = false
			return c
		}, "event: time passes", "now:   nothing"},
		"monitor": {func(s any) any {
			c := s.(core.Config)
			c.MaxNodes = 3
			return c
		}, "event: it is called: ", "reply with a fault: too many nodes"},
		"provider": {func(s any) any {
			c := s.(registry.Config)
			c.Protocol = "brr"
			return c
		}, "event: it is called: join of node", "now:   reply: protocol 4"},
	} {
		r := rehearse(t, "scrr", 8, lie{name, c.change})
		r.Run(20 * time.Second)
		r.Kill("node8")
		r.Run(40 * time.Second)
		var out bytes.Buffer
		_, err := replay.Folder(t.Context(), &out, r.write())
		if !errors.Is(err, replay.ErrDiffers) || !strings.HasPrefix(err.Error(), name+"-1.rec, event ") {
			t.Errorf("%s: error %v", name, err)
		}
		for _, want := range []string{name + "-1.rec: event ", " s, has other effects than", c.event, c.now} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: printed\n%swithout %q", name, &out, want)
			}
		}
	}
}

// TestMiscountedBytesAreFound: what a node is told of the bytes that it has sent is
// doubled, or halved, on the way to its machine.
func TestMiscountedBytesAreFound(t *testing.T) {
	for _, share := range []float64{0.5, 2} {
		r := rehearseWith(t, "brr", 6, func(c *sim.Config) {
			record := c.Wrap
			c.Wrap = func(l sim.Life, m machine.Machine) machine.Machine {
				m = record(l, m)
				if l.Name == "node2" {
					m = miscounted{m, share}
				}
				return m
			}
		})
		r.Run(20 * time.Second)
		_, err := replay.Folder(t.Context(), io.Discard, r.write())
		if err == nil || errors.Is(err, replay.ErrDiffers) || !strings.Contains(err.Error(), "node2-1.rec, event ") ||
			!strings.Contains(err.Error(), " bytes are said to have been sent; its calls to nodes make ") {
			t.Errorf("%g of them: error %v", share, err)
		}
	}
}

type miscounted struct {
	machine.Machine
	share float64
}

func (m miscounted) Step(now time.Time, ev machine.Event) []machine.Effect {
	if e, ok := ev.(machine.Ended); ok {
		e.Sent = int64(float64(e.Sent) * m.share)
		ev = e
	}
	return m.Machine.Step(now, ev)
}

func TestRecordsThatEndEarly(t *testing.T) {
	run := killed(t, "rr").write()
	cut := func(name string, size int64) {
		if err := os.Truncate(filepath.Join(run, "records", name), size); err != nil {
			t.Fatal(err)
		}
	}
	cut("node1-1.rec", 5003) // within an event
	cut("node2-1.rec", 20)   // within its header
	cut("node3-1.rec", 0)
	var out bytes.Buffer
	sum, err := replay.Folder(t.Context(), &out, run)
	if err != nil || sum.Processes != 9 {
		t.Errorf("%v, error %v", sum, err)
	}
	for _, want := range []string{
		"node1-1.rec: its last record was cut short and is left out\n",
		"node2-1.rec: no event, its process ended as it began\n",
		"node3-1.rec: no event, its process ended as it began\n",
		"9 processes, ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed\n%swithout %q", &out, want)
		}
	}
}

func TestWhatCannotBePlayed(t *testing.T) {
	run := killed(t, "rr").write()
	one := filepath.Join(run, "records", "node1-1.rec")
	file, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	file[5000] ^= 1
	if err := os.WriteFile(one, file, 0o644); err != nil {
		t.Fatal(err)
	}
	strange := filepath.Join(t.TempDir(), "x.rec")
	if err := os.WriteFile(strange, []byte("something else"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		run: "node1-1.rec: damaged recording: ", one: "node1-1.rec: damaged recording: ",
		strange: "x.rec: damaged recording: ", t.TempDir(): "no records there", filepath.Join(run, "none"): "no such file",
	} {
		_, err := replay.Folder(t.Context(), io.Discard, path)
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, replay.ErrDiffers) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
}

func TestASingleRecordIsARun(t *testing.T) {
	run := killed(t, "rr").write()
	var out bytes.Buffer
	if _, err := replay.Folder(t.Context(), &out, filepath.Join(run, "records", "node4-1.rec")); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "1 process, ") {
		t.Errorf("printed %q", &out)
	}
}
