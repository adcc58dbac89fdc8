package scenario

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"time"
)

// Session is a cluster that somebody acts on word by word, while it runs. What was
// done makes a script, with the time that passed between the words. It belongs to
// one goroutine.
type Session struct {
	run    *run
	cancel context.CancelFunc
	script strings.Builder
	last   time.Duration // when the script's last word was done
}

// Open starts a cluster of the options' nodes and protocol, in a run's folder of its
// own.
func Open(ctx context.Context, o Options) (*Session, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Seed == 0 {
		o.Seed = 1 + rand.N(uint64(1<<31))
	}
	f, err := newFolder(o.Runs, fmt.Sprintf("lab-%s-%d", o.Protocol, o.Nodes), time.Now())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Session{run: &run{ctx: ctx, options: o, folder: f}, cancel: cancel}
	if err := s.Do(fmt.Sprintf("cluster %d %s seed=%d", o.Nodes, o.Protocol, o.Seed)); err != nil {
		cancel()
		return nil, errors.Join(err, f.close())
	}
	return s, nil
}

// sessionWords are those that one can do to a cluster that is looked at.
var sessionWords = map[string]bool{
	"cluster": true, "kill": true, "interrupt": true, "restart": true, "pause": true, "resume": true,
	"partition": true, "cut": true, "heal": true, "loss": true, "add": true, "menu": true,
}

// Do carries out one line of a script. An error that wraps [ErrScript] is about the
// line; after any other one, except that of the cluster line, the session goes on.
func (s *Session) Do(line string) error {
	name, _, args, err := firstWord(line)
	if err == nil {
		err = checkWord(name, args)
	}
	if err == nil && !sessionWords[name] {
		err = fmt.Errorf("%q is no word to act by", name)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrScript, err)
	}
	passed := s.run.elapsed() - s.last
	if err := words()[name].run(s.run, args); err != nil {
		return err
	}
	if name != "cluster" && passed >= time.Millisecond {
		// Scripts have times as they are at SPEED=1.
		atSpeed1 := time.Duration(float64(passed) * s.run.options.Speed)
		fmt.Fprintf(&s.script, "sleep %v\n", atSpeed1.Round(time.Millisecond))
	}
	fmt.Fprintln(&s.script, line)
	s.last = s.run.elapsed()
	return nil
}

// Wait lets a little time pass, and returns the cluster's time.
func (s *Session) Wait() (time.Time, error) {
	err := s.run.cluster.Wait(s.run.ctx, s.run.step())
	return s.run.cluster.Now(), err
}

// Step is how much time Wait lets pass.
func (s *Session) Step() time.Duration { return s.run.step() }

// Script is what was done so far.
func (s *Session) Script() string { return s.script.String() }

// Nodes is how many nodes the cluster has, running or not.
func (s *Session) Nodes() int { return len(s.run.cluster.Nodes()) }

// Folder is the run's.
func (s *Session) Folder() string { return s.run.folder.path }

// Close ends the cluster. Its script is in its folder then.
func (s *Session) Close() error {
	defer s.cancel()
	r := s.run
	took := r.elapsed()
	err := errors.Join(r.folder.keep("script.txt", []byte(s.Script())), r.close())
	o := Outcome{
		Name: "lab", Protocol: r.spec.Protocol.Name, Nodes: r.spec.Nodes, Speed: r.options.Speed, Seed: r.spec.Seed,
		Backend: r.options.Backend.Name(), Took: took, Folder: r.folder.path,
	}
	return errors.Join(err, r.folder.finish(o))
}

// Shipped lists the names of the scripts that the project ships, and their texts.
func Shipped() (names, texts []string, err error) {
	files, err := fs.Glob(Scenarios, "scenarios/*.txt")
	for _, file := range files {
		text, e := Scenarios.ReadFile(file)
		err = errors.Join(err, e)
		names, texts = append(names, strings.TrimSuffix(path.Base(file), ".txt")), append(texts, string(text))
	}
	return names, texts, err
}
