package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/testcase"
)

func runScript(t *testing.T, b *fakeBackend, script string) Outcome {
	t.Helper()
	o := DefaultOptions()
	o.Backend, o.Runs = b, t.TempDir()
	out, err := Run(t.Context(), o, "mine.txt", []byte(script))
	if err != nil {
		t.Fatal(err)
	}
	if b.last != nil && b.closed == 0 {
		t.Error("the cluster was not closed")
	}
	return out
}

const begin = "cluster 8 scrr\nawait joined\n"

func TestShippedScenariosPass(t *testing.T) {
	for name, cases := range map[string]int{"single": 1, "simultaneous": 1, "revive": 1, "demo": 3} {
		t.Run(name, func(t *testing.T) {
			text, err := fs.ReadFile(Scenarios, "scenarios/"+name+".txt")
			if err != nil {
				t.Fatal(err)
			}
			out := runScript(t, goodBackend(), string(text))
			if out.Verdict != harness.Pass || len(out.Cases) != cases {
				t.Errorf("%s with %d cases, want pass with %d: %v", out.Verdict, len(out.Cases), cases, out.Reasons)
			}
		})
	}
}

func TestShippedScenariosNoticeFaults(t *testing.T) {
	for name, spoil := range map[string]func(*fakeBackend){
		"too slow":       func(b *fakeBackend) { b.detect = 60 * time.Second },
		"false failures": func(b *fakeBackend) { b.change = func(r *testcase.Result) { r.FalseFailures = 1 } },
		"too few nodes":  func(b *fakeBackend) { b.change = func(r *testcase.Result) { r.Nodes = 7 } },
		"disputed": func(b *fakeBackend) {
			b.change = func(r *testcase.Result) { r.Disputed = []testcase.Dispute{{Node: "node1:5000"}} }
		},
		"another victim": func(b *fakeBackend) {
			b.change = func(r *testcase.Result) { r.Victims = []gossip.Address{"node3:5000"} }
		},
		"live held dead": func(b *fakeBackend) {
			b.wrongly, b.wronglyFrom, b.wronglyFor = "node3", 9*time.Second, 300*time.Millisecond
		},
		"printed too much": func(b *fakeBackend) { b.change = func(r *testcase.Result) { r.Seconds += 5 } },
		"a node crashes":   func(b *fakeBackend) { b.endsAt = 8 * time.Second },
		"never joins":      func(b *fakeBackend) { b.neverJoins = true },
	} {
		for _, scenario := range []string{"single", "simultaneous", "revive"} {
			t.Run(name+" in "+scenario, func(t *testing.T) {
				text, err := fs.ReadFile(Scenarios, "scenarios/"+scenario+".txt")
				if err != nil {
					t.Fatal(err)
				}
				b := goodBackend()
				spoil(b)
				if out := runScript(t, b, string(text)); out.Verdict != harness.Fail || len(out.Reasons) == 0 {
					t.Errorf("%s, want fail: %v", out.Verdict, out.Reasons)
				}
			})
		}
	}
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name    string
		spoil   func(*fakeBackend)
		script  string
		verdict harness.Verdict
		reason  string
	}{
		{"nothing expected", nil, begin, harness.Ran, "expects nothing"},
		{
			"no start", func(b *fakeBackend) { b.startErr = errors.New("no engine") }, begin, harness.Unknown,
			"mine.txt:1: start cluster: no engine",
		},
		{
			"blind", func(b *fakeBackend) { b.blindFrom, b.blindFor = 6*time.Second, 6*time.Second },
			begin + "sleep 20s\nexpect alive others\n", harness.Unknown, "could not be seen for 5.",
		},
		{
			"blind for a moment", func(b *fakeBackend) { b.blindFrom, b.blindFor = 6*time.Second, 3*time.Second },
			begin + "sleep 20s\nexpect alive others\n", harness.Pass, "",
		},
		{
			"monitor down on purpose", func(b *fakeBackend) { b.blindFrom, b.blindFor = 5*time.Second, 20*time.Second },
			begin + "kill monitor\nsleep 20s\nrestart monitor\nexpect alive others\n", harness.Pass, "",
		},
		{"skipped", nil, "cluster 8 scrr\nexpect alive others\nskip today\n", harness.Unknown, "skipped"},
		{"a script's own grep", nil, begin + "expect alive others\nexists missing.txt\n", harness.Fail, "mine.txt:4"},
		{
			"not possible here", nil, begin + "loss 10%\nexpect alive others\n", harness.Unknown,
			"not possible on this backend",
		},
		{
			"no room", nil, begin + "add\nexpect alive others\n", harness.Unknown,
			"add: not possible on this backend",
		},
		{
			"one more node", func(b *fakeBackend) { b.grows = true },
			begin + "add\nkill newest\nawait dead node9\nexpect dead node9\nexpect alive others\n", harness.Pass, "",
		},
		{
			"one more that does not start", func(b *fakeBackend) { b.grows, b.addErr = true, errors.New("no port is free") },
			begin + "add\nexpect alive others\n", harness.Unknown, "add node9: no port is free",
		},
		{"the last node has a name", nil, begin + "kill newest\nawait dead node8\nexpect dead newest\n", harness.Pass, ""},
		{"guarded", nil, begin + "[docker] loss 10%\n[!sim] loss 10%\nexpect alive others\n", harness.Pass, ""},
		{
			"killed and back at once", nil,
			begin + "kill node3\nrestart node3\nsleep 2*bound\nexpect alive others\nexpect results 0\n", harness.Pass, "",
		},
		{
			// Its return is measured from when something else has started it, and is seen.
			"started again by an orchestrator", func(b *fakeBackend) { b.heals = 2 * time.Minute },
			begin + "kill node3\nmenu 1\nawait results\nrestart node3\nmenu 3\nawait results\n" +
				"expect victims node3\nexpect within bound\nexpect alive others\n",
			harness.Pass, "",
		},
		{
			"paused, declared dead, alive again", nil,
			begin + "pause node3\nsleep 2*fail\nexpect dead node3\n" +
				"resume node3\nawait alive node3\nexpect alive node1..node8\n", harness.Pass, "",
		},
		{
			"cut off", nil,
			begin + "partition node3,node4\nawait dead node3 node4\nheal\nawait alive node3 node4 within bound\n",
			harness.Pass, "",
		},
		{
			"dead too late", func(b *fakeBackend) { b.detect = time.Minute }, begin + "kill node3\nawait dead node3\n",
			harness.Fail, "node3 to be declared dead in vain",
		},
		{
			"dead, not alive", nil, begin + "kill node3\nawait dead node3\nexpect alive node3\n", harness.Fail,
			"expected alive",
		},
		{"alive, not dead", nil, begin + "expect dead node3\n", harness.Fail, "expected dead"},
		{
			"allowed", func(b *fakeBackend) { b.wrongly, b.wronglyFrom, b.wronglyFor = "node3", 9*time.Second, time.Second },
			begin + "allow dead node3\nsleep 20s\nexpect alive others\n", harness.Pass, "",
		},
		{"seen dead by nobody but the sampling", func(b *fakeBackend) {
			b.wrongly, b.wronglyFrom, b.wronglyFor = "node3",
				9*time.Second, time.Second
		}, begin + "sleep 20s\nexpect alive others\n", harness.Fail, "node3 is running, yet the monitor held it dead"},
		{"interrupt", nil, begin + "interrupt node8\nawait dead node8 within bound\n", harness.Pass, ""},
		{"menu", nil, begin + "menu status now\nawait menu status.now\n", harness.Pass, ""},
		{"menu in vain", nil, begin + "await menu nothing-of-the-kind within 3s\n", harness.Fail, "in vain"},
		{"no result", nil, begin + "menu 1\nawait results within 30s\nexpect case 1\n", harness.Fail, "1 of 2 failed"},
		{"ranges", nil, begin + "kill node6..node8\nmenu 2\nawait results\nexpect victims node6..node8\n", harness.Pass, ""},
		{"a variable that is empty", nil, begin + "expect $NOTHING 1\n", harness.Unknown, `unknown word "" after expect`},
		{
			"false suspicions in a range", nil, begin + "kill node8\nmenu 1\nawait results\nexpect false-suspicions 0..3\n",
			harness.Pass, "",
		},
		{"no such node", nil, begin + "kill node9\n", harness.Unknown, `mine.txt:3: "node9" is no process of this cluster`},
		{"monitor is no node", nil, begin + "await dead monitor\n", harness.Unknown, "no node"},
		{"no such time", nil, begin + "sleep 3*lunch\n", harness.Unknown, "no length of time"},
		{"no cluster", nil, "kill node1\n", harness.Unknown, "no cluster yet"},
		{"no such protocol", nil, "cluster 8 broadcast\n", harness.Unknown, "known are random, rr, scrr, brr"},
		{"no such option", nil, "cluster 8 rr colour=red\n", harness.Unknown, "unknown option"},
		{"intervals that cannot work", nil, "cluster 8 rr fail=1s\n", harness.Unknown, "fail interval"},
		{
			"repeated", nil, begin + "repeat 3 kill node8 ; await dead node8 ; restart node8 ; await alive node8\n" +
				"kill node7\nmenu 1\nawait results\nexpect victims node7\n", harness.Pass, "",
		},
		{
			"repeated in vain", nil, begin + "repeat 2 expect alive node1 ; expect dead node1\n", harness.Fail,
			"mine.txt:3: expected dead",
		},
		{"repeated too often, once expanded", nil, begin + "env N=1001\nrepeat $N sleep 1s\n", harness.Unknown, "from 1 to 1000"},
		{"cut", nil, begin + "cut node1 monitor\ncut node2 node1\nheal\nexpect alive node1..node8\n", harness.Pass, ""},
		{"cut of several", nil, begin + "cut node1..node2 node3\n", harness.Unknown, "node1..node2 is 2 processes, want one"},
		{"cut from itself", nil, begin + "cut node1 node1\n", harness.Unknown, "from node1 to itself"},
		{"cut of nobody", nil, begin + "cut node1 node9\n", harness.Unknown, `"node9" is no process`},
		{"negated", nil, begin + "! kill node1\n", harness.Unknown, "! does not go with kill"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := goodBackend()
			if c.spoil != nil {
				c.spoil(b)
			}
			out := runScript(t, b, c.script)
			if text := strings.Join(out.Reasons, "\n"); out.Verdict != c.verdict || !strings.Contains(text, c.reason) {
				t.Errorf("%s, want %s with %q: %s", out.Verdict, c.verdict, c.reason, text)
			}
		})
	}
}

func TestMeasures(t *testing.T) {
	out := runScript(t, goodBackend(), begin+"kill node7 node8\nsleep 2s\nmenu 2\nawait results\nexpect case 2\n")
	if out.Verdict != harness.Pass || len(out.Cases) != 1 {
		t.Fatalf("%s: %v", out.Verdict, out.Reasons)
	}
	c := out.Cases[0]
	near := func(what string, got, want time.Duration) {
		if got < want || got > want+250*time.Millisecond {
			t.Errorf("%s %s, want %s to a sample's time more", what, got, want)
		}
	}
	near("measured", c.Measured, 12*time.Second)
	near("verdict", c.Found, 12*time.Second)
	near("printed", time.Duration(c.Printed*float64(time.Second)), 10*time.Second)
	// T_fail, 5 + 2 rounds of 3 s, 2 s: two deaths among 8 nodes of scrr.
	if c.Bound != 33*time.Second {
		t.Errorf("bound %s, want 33s", c.Bound)
	}
	if c.Act != "kill node7 node8" {
		t.Errorf("act %q", c.Act)
	}
}

func TestSpeedDividesEverything(t *testing.T) {
	b := goodBackend()
	o := DefaultOptions()
	o.Backend, o.Runs, o.Speed = b, t.TempDir(), 10
	if _, err := Run(t.Context(), o, "mine.txt",
		[]byte("cluster 8 rr gossip=2s\nsleep 20s\nexpect alive others\n")); err != nil {
		t.Fatal(err)
	}
	if got := b.last.spec.Timing; got.Heartbeat != 100*time.Millisecond || got.Gossip != 200*time.Millisecond ||
		got.Fail != time.Second {
		t.Errorf("timing %+v, want 100ms, 200ms and 1s", got)
	}
	if slept := b.last.now.Sub(b.last.began); slept < 2*time.Second || slept > 2100*time.Millisecond {
		t.Errorf("slept %s, want 2 s", slept)
	}
}

func TestFolder(t *testing.T) {
	script := begin + "kill node8\nmenu 1\nawait results\nexpect case 1\n"
	out := runScript(t, goodBackend(), script)
	for name, want := range map[string]string{
		"script.txt": script, "log.txt": "declares dead: node8", "engine.txt": "> kill node8\n",
		"results.txt": "Consensus Achieved", "results.jsonl": `"case":1`, "events.jsonl": `"event":"kill"`,
	} {
		text, err := os.ReadFile(filepath.Join(out.Folder, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %q: %v, %s", name, want, err, text)
		}
	}
	text, err := os.ReadFile(filepath.Join(out.Folder, "verdict.json"))
	if err != nil {
		t.Fatal(err)
	}
	var kept Outcome
	if err := json.Unmarshal(text, &kept); err != nil || kept.Verdict != harness.Pass || kept.Seed == 0 ||
		len(kept.Cases) != 1 {
		t.Errorf("verdict.json: %v, %s", err, text)
	}
	again := runScript(t, goodBackend(), script)
	if again.Folder == out.Folder {
		t.Error("two runs share a folder")
	}
}

func TestTwoRunsInOneFolderOfRuns(t *testing.T) {
	o := DefaultOptions()
	o.Backend, o.Runs = goodBackend(), t.TempDir()
	a, errA := Run(t.Context(), o, "mine.txt", []byte("cluster 4 rr\nexpect alive others\n"))
	b, errB := Run(t.Context(), o, "mine.txt", []byte("cluster 4 rr\nexpect alive others\n"))
	if errors.Join(errA, errB) != nil || a.Folder == b.Folder {
		t.Errorf("folders %q and %q, %v, %v", a.Folder, b.Folder, errA, errB)
	}
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := DefaultOptions()
	o.Backend, o.Runs = goodBackend(), t.TempDir()
	out, err := Run(ctx, o, "mine.txt", []byte(begin+"expect alive others\n"))
	if err != nil || out.Verdict != harness.Unknown || !strings.Contains(strings.Join(out.Reasons, " "), "stopped") {
		t.Errorf("%s, want unknown: %v, %v", out.Verdict, out.Reasons, err)
	}
}

func TestBadScripts(t *testing.T) {
	for script, want := range map[string][]string{
		"cluster 8 scrr\nkil node1\n":      {"mine.txt:2: ", `"kil"`, "kill, loss", "testscript's cd"},
		"\n# x\nkill\n":                    {"mine.txt:3: ", `"kill" lacks an argument`, "kill NAME..."},
		"cluster 8\n":                      {"mine.txt:1: ", "lacks an argument", "cluster N PROTOCOL"},
		"heal now\n":                       {"mine.txt:1: ", "an argument too many"},
		"[windows] await lunch\n":          {"mine.txt:1: ", `"lunch" after await`, "joined, settled, results, dead, alive, menu"},
		"! expect sunshine 1\n":            {"mine.txt:1: ", `"sunshine" after expect`, "case, nodes, victims"},
		"allow alive node1\n":              {"mine.txt:1: ", `"alive" after allow`},
		"cluster 8 rr\n[moon] kill node\n": {"mine.txt:2: ", "unknown condition [moon]", "[docker] [local] [sim] [partition] [cut] [loss]"},
		"[local kill node1\n":              {"mine.txt:1: ", "no ']'"},
		"await\n":                          {"mine.txt:1: ", "lacks an argument"},
		"repeat 0 heal\n":                  {"mine.txt:1: ", "repeat 0: want a whole number from 1 to 1000"},
		"repeat 1001 heal\n":               {"mine.txt:1: ", "from 1 to 1000"},
		"repeat twice heal\n":              {"mine.txt:1: ", "repeat twice"},
		"repeat 2 heal ; ; heal\n":         {"mine.txt:1: ", `no word between ";"`},
		"repeat 2 repeat 2 heal\n":         {"mine.txt:1: ", `"repeat" cannot be repeated`},
		"repeat 2 exec rm\n":               {"mine.txt:1: ", `"exec" cannot be repeated`},
		"repeat 2 kill ; heal\n":           {"mine.txt:1: ", `"kill" lacks an argument`},
		"cut node1\n":                      {"mine.txt:1: ", "lacks an argument", "FROM TO"},
	} {
		o := DefaultOptions()
		o.Backend, o.Runs = goodBackend(), t.TempDir()
		_, err := Run(t.Context(), o, "mine.txt", []byte(script))
		if !errors.Is(err, ErrScript) {
			t.Errorf("%q: %v, want %v", script, err, ErrScript)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %q lacks %q", script, err, w)
			}
		}
		if left, _ := os.ReadDir(o.Runs); len(left) > 0 {
			t.Errorf("%q: a folder was made for a script that cannot run", script)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for name, spoil := range map[string]func(*Options){
		"backend": func(o *Options) { o.Backend = nil },
		"SPEED":   func(o *Options) { o.Speed = 0 },
		"NODES":   func(o *Options) { o.Nodes = 0 },
		"runs":    func(o *Options) { o.Runs = "" },
	} {
		o := DefaultOptions()
		o.Backend, o.Runs = goodBackend(), t.TempDir()
		spoil(&o)
		if _, err := Run(t.Context(), o, "mine.txt", []byte(begin)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsRepeatedIsToldOnceAndLoggedEachTime(t *testing.T) {
	out, told := runSettled(t, goodBackend(), begin+"repeat 5 pause node3 ; sleep 1s ; resume node3\npause node3\nresume node3\n", nil)
	log, err := os.ReadFile(filepath.Join(out.Folder, "log.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for text, times := range map[string][2]int{"5 times: pause node3 ; sleep 1s ; resume node3": {1, 1}, "\npause node3\n": {2, 0}, "  pause node3\n": {0, 6}} {
		if got := [2]int{strings.Count(told, text), strings.Count(string(log), text)}; got != times {
			t.Errorf("%q was told and logged %v times, want %v\ntold:\n%s\nlog:\n%s", text, got, times, told, log)
		}
	}
}
