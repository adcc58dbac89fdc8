// Package scenario runs scripts: it starts a cluster on a backend, does to it what
// the script says, and judges whether the monitor concluded what it should have.
//
// A script and a [harness.Backend] go in; a run's folder (script, logs, events,
// results) and an [Outcome] come out. Words describes the language.
package scenario

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"

	"github.com/rogpeppe/go-internal/testscript"
)

// Scenarios are the scripts that the project ships, under scenarios/.
//
//go:embed scenarios/*.txt
var Scenarios embed.FS

// Options say how to run a script.
type Options struct {
	Backend  harness.Backend
	Protocol string  // $PROTOCOL
	Nodes    int     // $NODES; $LAST is the last node's name, $LAST2 the one before it, $LAST3 the next
	Speed    float64 // divides all intervals; 1 is the original's pace
	// Freshness decides from which instant relayed news counts at the nodes.
	Freshness protocol.Freshness
	Begin     Begin  // $BEGIN; empty: at rest up to 32 nodes, just joined above
	Seed      uint64 // of the nodes' random sources; 0: drawn, and said in the outcome
	Runs      string // folder that the run's own folder is made in
	Progress  Progress
	// Opened is told the run's folder before anything happens; nil: nobody is.
	Opened func(folder string)
	// Diary is told each line of the run's events.jsonl; nil: nobody is.
	Diary func(line []byte)
}

// DefaultOptions are 8 nodes of scrr at the original's pace. The backend is the
// caller's to choose.
func DefaultOptions() Options {
	return Options{Protocol: "scrr", Nodes: 8, Speed: 1, Runs: "runs", Progress: Silent{}}
}

// Validate names the first option that cannot work.
func (o Options) Validate() error {
	switch {
	case o.Backend == nil:
		return errors.New("no backend")
	case o.Speed < 0.01 || o.Speed > 100:
		return fmt.Errorf("SPEED %g: want 0.01 to 100", o.Speed)
	case o.Nodes < 1:
		return fmt.Errorf("NODES %d: want 1 or more", o.Nodes)
	case o.begin() != AtRest && o.begin() != JustJoined:
		return fmt.Errorf("BEGIN %s: want %s or %s", o.Begin, JustJoined, AtRest)
	case o.Runs == "":
		return errors.New("no folder for runs")
	case o.Progress == nil:
		return errors.New("no progress")
	}
	return nil
}

// Outcome is what a run came to.
type Outcome struct {
	Name     string          `json:"name"` // of the script
	Verdict  harness.Verdict `json:"verdict"`
	Reasons  []string        `json:"reasons"` // why it is no pass
	Protocol string          `json:"protocol"`
	Nodes    int             `json:"nodes"`
	Speed    float64         `json:"speed"`
	// Freshness is the rule that the nodes ran under.
	Freshness string        `json:"freshness"`
	Seed      uint64        `json:"seed"`
	Backend   string        `json:"backend"`
	Cases     []CaseResult  `json:"cases"`
	Took      time.Duration `json:"took_ns"` // on the cluster's clock
	Folder    string        `json:"folder"`
}

// Run runs one script: file is its name for people, text what it says. The
// error is about a script or options that cannot be run (ErrScript), or about
// the run's folder; whatever happens to the cluster is in the outcome.
func Run(ctx context.Context, o Options, file string, text []byte) (Outcome, error) {
	if err := o.Validate(); err != nil {
		return Outcome{}, err
	}
	engineText, err := translate(file, text)
	if err != nil {
		return Outcome{}, err
	}
	if o.Seed == 0 {
		o.Seed = 1 + rand.N(uint64(1<<31))
	}
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	f, err := newFolder(o.Runs, name+"-"+o.asked(text), time.Now())
	if err != nil {
		return Outcome{}, err
	}
	f.told = o.Diary
	if o.Opened != nil {
		o.Opened(f.path)
	}
	r := &run{ctx: ctx, options: o, folder: f}
	scriptErr := errors.Join(f.keep("script.txt", text))
	if scriptErr == nil {
		scriptErr = r.play(file, name, engineText)
	}
	if scriptErr == nil {
		scriptErr = ctx.Err()
	}
	took := r.elapsed()
	if err := r.close(); err != nil {
		r.doubts = append(r.doubts, err.Error())
	}
	out := Outcome{
		Name: name, Protocol: o.Protocol, Nodes: o.Nodes, Speed: o.Speed, Seed: o.Seed,
		Freshness: o.Freshness.String(),
		Backend:   o.Backend.Name(), Cases: r.cases, Took: took, Folder: f.path,
	}
	if r.cluster != nil {
		out.Protocol, out.Nodes, out.Seed = r.spec.Protocol.Name, r.spec.Nodes, r.spec.Seed
		out.Freshness = r.spec.Freshness.String()
	}
	out.Verdict, out.Reasons = judge(scriptErr, r.wrongs, r.doubts, r.expectations)
	for _, reason := range out.Reasons {
		f.log(took, string(out.Verdict)+": "+reason)
	}
	return out, f.finish(out)
}

// play has testscript's engine run the script, and returns the error that ended it.
func (r *run) play(file, name string, text []byte) error {
	work := filepath.Join(r.folder.path, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(work)
	script := filepath.Join(work, name+".txt")
	if err := os.WriteFile(script, text, 0o644); err != nil {
		return err
	}
	var wordErr error
	commands := map[string]func(*testscript.TestScript, bool, []string){}
	for name, w := range words() {
		command := func(ts *testscript.TestScript, neg bool, args []string) {
			wordErr = r.word(name, w, neg, args)
			ts.Check(wordErr)
		}
		engineName := name
		if name == "kill" {
			engineName = engineKill
		}
		commands[engineName] = command
	}
	t := &engineT{}
	t.Run(name, func(t testscript.T) {
		testscript.RunT(t, testscript.Params{
			Files:       []string{script},
			WorkdirRoot: work,
			Setup:       r.setup,
			Condition:   r.holds,
			Cmds:        commands,
		})
	})
	log := strings.ReplaceAll(t.log.String(), script, file)
	log = strings.ReplaceAll(log, engineKill, "kill")
	if err := r.folder.keep("engine.txt", []byte(log)); err != nil {
		return err
	}
	return t.result(log, wordErr)
}

func (r *run) word(name string, w word, neg bool, args []string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if neg {
		return fmt.Errorf("! does not go with %s", name)
	}
	// The script was checked before the run, except for what variables expand to.
	if err := checkWord(name, args); err != nil {
		return err
	}
	err := w.run(r, args)
	if err != nil && r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	return err
}

func (r *run) setup(env *testscript.Env) error {
	for name, value := range r.options.variables() {
		env.Setenv(name, value)
	}
	return nil
}

// variables are what scripts may use as $NAME.
func (o Options) variables() map[string]string {
	all := map[string]string{
		"PROTOCOL": o.Protocol, "NODES": strconv.Itoa(o.Nodes),
		"SPEED": strconv.FormatFloat(o.Speed, 'g', -1, 64), "BEGIN": string(o.begin()),
	}
	for i, name := range []string{"LAST", "LAST2", "LAST3"} {
		all[name] = fmt.Sprintf("node%d", o.Nodes-i)
	}
	return all
}

// asked is the protocol and the number of nodes that a script's cluster line asks for;
// those of the options where it cannot be read.
func (o Options) asked(text []byte) string {
	variables := o.variables()
	for line := range strings.SplitSeq(string(text), "\n") {
		word, _, args, err := firstWord(line)
		if err != nil || word != "cluster" || len(args) < 2 {
			continue
		}
		expand := func(s string) string { return os.Expand(s, func(name string) string { return variables[name] }) }
		nodes, err := strconv.Atoi(expand(args[0]))
		if p, ok := protocol.ByName(expand(args[1])); ok && err == nil {
			return fmt.Sprintf("%s-%d", p.Name, nodes)
		}
	}
	return fmt.Sprintf("%s-%d", o.Protocol, o.Nodes)
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// holds tells whether a condition in front of a line does.
func (r *run) holds(condition string) (bool, error) {
	b := r.options.Backend
	switch condition {
	case "partition", "cut", "loss":
		return harness.Can(b, condition), nil
	}
	return condition == b.Name(), nil
}
