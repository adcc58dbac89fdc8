package replay_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/replay"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
	"gossiprpc/monitor/core"
)

// rehearsal is a simulated cluster whose processes are all recorded.
type rehearsal struct {
	t testing.TB
	*sim.World
	records map[string]*bytes.Buffer // by file name
}

var started = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func rehearse(t testing.TB, protocolName string, nodes int) *rehearsal {
	t.Helper()
	spec, ok := protocol.ByName(protocolName)
	if !ok {
		t.Fatalf("no protocol %s", protocolName)
	}
	r := &rehearsal{t: t, records: map[string]*bytes.Buffer{}}
	c := sim.DefaultConfig(spec)
	c.Nodes, c.Epoch, c.Wrap = nodes, started, r.wrap
	w, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r.World = w
	return r
}

// wrap records one life of a process.
func (r *rehearsal) wrap(l sim.Life, m machine.Machine) machine.Machine {
	kind := recording.Provider
	switch m.(type) {
	case *process.Process:
		kind = recording.Node
	case *core.Core:
		kind = recording.Monitor
	}
	now := started
	if r.World != nil {
		now = r.Now()
	}
	h, err := recording.NewHeader(kind, l.Self, l.Settings, "test", now)
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
			t.Errorf("%s: %v, error %v:\n%s", s.Name, sum, err, &out)
		}
		t.Log(out.String())
		open, err := replay.Open(run)
		if err != nil {
			t.Fatal(err)
		}
		if err := open.At(&out, 41400*time.Millisecond, "node3"); err != nil {
			t.Error(err)
		}
		if err := open.Why(&out, "node6"); err != nil {
			t.Error(err)
		}
		t.Log(out.String())
	}
}
