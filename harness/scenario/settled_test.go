package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
)

const rest = "cluster 8 rr\nawait settled\n"

// justAfter tells whether took is at least that long, and at most a draw of one gossip
// interval and two questions longer.
func justAfter(took, least time.Duration) bool {
	return took >= least && took <= least+3*time.Second+2*time.Second
}

// heard keeps all progress.
type heard struct{ text strings.Builder }

func (h *heard) Event(_ time.Duration, text string) { h.text.WriteString(text + "\n") }
func (h *heard) Waiting(_ time.Duration, what, detail string) {
	h.text.WriteString(what + ": " + detail + "\n")
}

func runSettled(t *testing.T, b *fakeBackend, script string, change func(*Options)) (Outcome, string) {
	t.Helper()
	o, h := DefaultOptions(), &heard{}
	o.Backend, o.Runs, o.Progress = b, t.TempDir(), h
	if change != nil {
		change(&o)
	}
	out, err := Run(t.Context(), o, "mine.txt", []byte(script))
	if err != nil {
		t.Fatal(err)
	}
	return out, h.text.String()
}

func TestAwaitSettledWaitsForAPeriodOfTheRing(t *testing.T) {
	b := goodBackend()
	b.settlesAt = 40 * time.Second
	out, said := runSettled(t, b, rest+"expect alive others\n", nil)
	// The nodes are asked once a second, and rr's ring has 7 rounds of 3 s at 8 nodes.
	if least := 61 * time.Second; out.Verdict != harness.Pass || !justAfter(out.Took, least) {
		t.Errorf("%s after %v, want pass just after %v: %v", out.Verdict, out.Took, least, out.Reasons)
	}
	for _, want := range []string{
		"all 8 nodes have heard of each other", "the cluster to be at rest: node3: a handshake with node7 is due",
		"no handshake has been due for 3.0 s of 21.0 s", "at rest: no handshake is due, and none has been for 21.0 s",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("progress lacks %q:\n%s", want, said)
		}
	}
	events, err := os.ReadFile(filepath.Join(out.Folder, "events.jsonl"))
	if err != nil || !strings.Contains(string(events), `"event":"settled"`) {
		t.Errorf("%v: no event says that it has settled: %s", err, events)
	}
}

func TestRestEndsAtAnyMomentOfARound(t *testing.T) {
	early, late := false, false
	for seed := uint64(1); seed <= 20; seed++ {
		r := &run{spec: harness.ClusterSpec{Parameters: protocol.DefaultParameters(protocol.All()[1]), Seed: seed}}
		gossip, phase := r.spec.Timing.Gossip, r.phase()
		if phase < 0 || phase >= gossip || phase != r.phase() {
			t.Fatalf("seed %d: phase %v, then %v, want the same twice, below %v", seed, phase, r.phase(), gossip)
		}
		early, late = early || phase < gossip/3, late || phase > 2*gossip/3
	}
	if !early || !late {
		t.Errorf("of 20 seeds some early in a round: %v, some late: %v, want both", early, late)
	}
}

func TestAwaitSettledSaysWhyNot(t *testing.T) {
	b := goodBackend()
	b.settlesAt = time.Hour
	for script, limit := range map[string]string{
		"cluster 8 rr\nawait settled within 90s\nexpect alive others\n": "waited 8",
		rest + "expect alive others\n":                                  "waited 25",
	} {
		out, _ := runSettled(t, b, script, nil)
		reasons := strings.Join(out.Reasons, "\n")
		if out.Verdict != harness.Fail || !strings.Contains(reasons, limit) ||
			!strings.Contains(reasons, "for the cluster to be at rest in vain: node3: a handshake with node7 is due") {
			t.Errorf("%q: %s: %s", script, out.Verdict, reasons)
		}
	}
}

// Originals cannot tell; the time that a cluster usually takes stands in for them.
func TestAwaitSettledAmongOriginals(t *testing.T) {
	b := goodBackend()
	b.originals = []string{"node2", "node4"}
	out, said := runSettled(t, b, rest+"expect alive others\n", nil)
	// Joined after 5 s; 27 s are given, and 21 s of rest follow.
	if least := 53 * time.Second; out.Verdict != harness.Pass || !justAfter(out.Took, least) {
		t.Errorf("%s after %v, want pass just after %v: %v", out.Verdict, out.Took, least, out.Reasons)
	}
	if want := "node2 node4 cannot tell whether they have settled: they are given 27.0 s"; !strings.Contains(said, want) {
		t.Errorf("progress lacks %q:\n%s", want, said)
	}
}

const oneDies = "kill $LAST\nmenu 1\nawait results\nexpect case 1\n"

func TestResultsSayWhetherTheClusterWasAtRest(t *testing.T) {
	for _, c := range []struct {
		name, script string
		atRest       bool
	}{
		{"joined", "cluster $NODES rr\nawait joined\n" + oneDies, false},
		{"settled", "cluster $NODES rr\nawait settled\n" + oneDies, true},
		{"one came back", "cluster $NODES rr\nawait settled\nkill node2\nawait dead node2\nrestart node2\n" +
			"await alive node2\n" + oneDies, false},
		{"and settled", "cluster $NODES rr\nawait joined\nkill node2\nawait dead node2\nrestart node2\n" +
			"await settled\n" + oneDies, true},
	} {
		out, _ := runSettled(t, goodBackend(), c.script, nil)
		if len(out.Cases) != 1 || out.Cases[0].AtRest != c.atRest {
			t.Errorf("%s: %s, cases %+v, want at rest: %v; %v", c.name, out.Verdict, out.Cases, c.atRest, out.Reasons)
		}
	}
}

func TestBeginVariable(t *testing.T) {
	for _, c := range []struct {
		nodes  int
		begin  Begin
		atRest bool
	}{{8, "", true}, {32, "", true}, {33, "", false}, {33, AtRest, true}, {8, JustJoined, false}} {
		out, _ := runSettled(t, goodBackend(), "cluster $NODES brr\nawait $BEGIN\n"+oneDies, func(o *Options) {
			o.Nodes, o.Begin = c.nodes, c.begin
		})
		if out.Verdict != harness.Pass || out.Cases[0].AtRest != c.atRest {
			t.Errorf("%d nodes, BEGIN=%s: %s, %+v, want at rest: %v", c.nodes, c.begin, out.Verdict, out.Cases, c.atRest)
		}
	}
	o := DefaultOptions()
	o.Backend, o.Begin = goodBackend(), "soon"
	if err := o.Validate(); err == nil || !strings.Contains(err.Error(), "BEGIN soon: want joined or settled") {
		t.Errorf("BEGIN=soon: %v", err)
	}
}

func TestFolderIsNamedByWhatTheScriptAsksFor(t *testing.T) {
	for script, want := range map[string]string{
		"cluster 5 rr\nexpect alive others\n":                       "-mine-rr-5",
		"# cluster 3 rr\ncluster $NODES BRR\nexpect alive others\n": "-mine-brr-8",
		"cluster ${NODES} $PROTOCOL\nexpect alive others\n":         "-mine-scrr-8",
	} {
		out, _ := runSettled(t, goodBackend(), script, nil)
		if name := filepath.Base(out.Folder); !strings.HasSuffix(name, want) {
			t.Errorf("%q: folder %s, want one that ends in %s", script, name, want)
		}
	}
}
