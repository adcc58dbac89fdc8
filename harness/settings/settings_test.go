package settings

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/terminal"
)

func TestDefaults(t *testing.T) {
	v, err := Read("demo", nil)
	if err != nil {
		t.Fatal(err)
	}
	if v.Protocol.Name != "scrr" || v.Nodes != 8 || v.Speed != 1 || v.Backend != "" || v.Seed != 0 ||
		v.Runs != "runs" || v.Loss != 0.05 {
		t.Errorf("%+v", v)
	}
	if v.Timing != protocol.DefaultTiming() || v.FirstSeed != 1 || v.LastSeed != 10_000 || v.Repeat != 10 ||
		v.Given("NODES") {
		t.Errorf("%+v", v)
	}
	real, err := Read("figures:real", nil)
	if err != nil || real.Repeat != 1 || real.Backend != "local" || real.Seed != 1 ||
		!reflect.DeepEqual(real.Sizes, []int{8, 16, 32}) {
		t.Errorf("figures:real: %+v, %v", real, err)
	}
}

func TestSet(t *testing.T) {
	v, err := Read("advise", []string{
		"PROTOCOL=BRR", "NODES=16", "SPEED=2.5", "BACKEND=sim", "FRESHNESS=emission", "SEED=7", "RUNS=/tmp/x",
		"SIZES=64, 8,8",
		"LOSS=10%", "SERVERS_LOSS=0.2", "GOSSIP=2s", "IMAGE=", "PATH=/bin",
	}, "NODES=32")
	if err != nil {
		t.Fatal(err)
	}
	if v.Protocol.Name != "brr" || v.Nodes != 32 || v.Speed != 2.5 || v.Backend != "sim" ||
		v.Freshness != protocol.Emission || v.Seed != 7 {
		t.Errorf("%+v", v)
	}
	if v.FirstSeed != 7 || v.LastSeed != 7 || v.Runs != "/tmp/x" || !reflect.DeepEqual(v.Sizes, []int{8, 64}) ||
		v.Loss != 0.1 {
		t.Errorf("%+v", v)
	}
	if v.ServersLoss != 0.2 || v.Timing.Gossip != 2*time.Second || !v.Given("NODES") || v.Given("IMAGE") {
		t.Errorf("%+v", v)
	}
}

func TestWrong(t *testing.T) {
	for pair, want := range map[string]string{
		"PROTOCOL=x": "PROTOCOL=x: want a protocol: random, rr, scrr, brr", "NODES=3": "4 to 10000",
		"NODES=many": "NODES=many",
		"SPEED=0":    "0.01 to 100", "SPEED=NaN": "SPEED=NaN", "SPEED=101": "SPEED=101", "SEED=0": "1 or more",
		"SEED=-1":   "SEED=-1",
		"SEEDS=9-3": "begins at 9 and ends before that, at 3, want FROM-TO", "SEEDS=3": "SEEDS=3: want FROM-TO",
		"BACKEND=moon": "docker, local, sim or swarm",
		"FRESHNESS=x":  "arrival or emission",
		"REPEAT=0":     "1 to 1000", "SIZES=8,2": "SIZES=8,2", "CASES=4": "some of 1,2,3", "LOSS=10": "0 to 0.9",
		"LOSS=NaN": "LOSS=NaN",
		"GOSSIP=3": "a length of time", "FAIL=2s": "do not go together",
	} {
		_, err := Read("demo", []string{pair})
		refused(t, pair, err, want)
	}
	_, err := Read("chaos", []string{"SEED=7", "SEEDS=3-9"})
	refused(t, "both", err, "SEED=7 and SEEDS=3-9")
	_, err = Read("scenario:single", nil, "PROTOCOL=")
	refused(t, "empty argument", err, `PROTOCOL="": want a protocol`)
}

func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	var code interface{ ExitStatus() int }
	if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &code) || code.ExitStatus() != 2 {
		t.Errorf("%s: %v, want %q and exit code 2", what, err, want)
	}
}

func TestMisspelt(t *testing.T) {
	for name, known := range map[string]string{
		"SPED": "SPEED", "PROTCOL": "PROTOCOL", "NODE": "NODES", "PSEED": "SPEED", "BACKND": "BACKEND",
		"FRESHNES": "FRESHNESS",
		"SEDE":     "SEED", "SERVER_LOS": "SERVERS_LOSS", "SIZE": "SIZES", "PROTOKOLL": "PROTOCOL",
	} {
		_, err := Read("demo", []string{"HOME=/root", name + "=1"})
		refused(t, name, err, "is "+known+" meant?")
	}
	for _, name := range []string{
		"PATH", "HOME", "SHELL", "TERM", "MAIL", "LESS", "LANG", "USER", "PWD", "PAGER", "EDITOR", "CI", "GOOS", "GOROOT",
		"GOFLAGS",
		"MODE", "CODE", "HOST", "LINES", "COLUMNS", "", "GOSSIP_FAIL", "speed",
	} {
		if known := meant(name); known != "" {
			t.Errorf("%s is taken for %s", name, known)
		}
	}
}

// The table is read in a terminal.
func TestTable(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	var out strings.Builder
	terminal.On(&out).Table(Table())
	for line := range strings.Lines(out.String()) {
		if len(line) > 81 {
			t.Errorf("too long: %s", line)
		}
	}
	for _, s := range table {
		if s.usual == "" && s.none == "" {
			t.Errorf("%s: nothing is said about its default", s.name)
		}
		if !strings.Contains(out.String(), "\n"+s.name+" ") {
			t.Errorf("the table lacks %s", s.name)
		}
	}
}
