package mutants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gossiprpc/harness/terminal"
)

// ErrUnnoticed is wrapped by the error of a run that some mutant has survived.
var ErrUnnoticed = errors.New("nobody noticed")

// Outcome is what became of a mutant.
type Outcome struct {
	Mutant  Mutant
	Noticed string // by what; empty: it survived
}

// Trial is how mutants of a list are tried.
type Trial struct {
	Root        string        // of the module
	Limit       time.Duration // of one room's tests
	First, Last uint64        // seeds of chaos
}

// Kept tries mutants one after the other, tells out how it goes, and prints a
// table at the end. Its error wraps ErrUnnoticed if any has survived; any other
// error says why nothing can be told.
func (t Trial) Kept(ctx context.Context, out io.Writer, all []Mutant) (outcomes []Outcome, err error) {
	texts, err := t.texts(all)
	if err != nil {
		return nil, err
	}
	b, clear, err := newBench(t.Root, t.Limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, clear()) }()
	if err := b.control(ctx, out, all); err != nil {
		return nil, err
	}
	survivors := 0
	for i, m := range all {
		began := time.Now()
		fmt.Fprintf(out, "%d of %d, %s: ", i+1, len(all), m.Name)
		noticed, err := t.try(ctx, b, m, texts[i])
		if ctx.Err() != nil {
			fmt.Fprintln(out)
			printTable(out, outcomes)
			return outcomes, fmt.Errorf("stopped after %d of %d mutants: %w", len(outcomes), len(all), ctx.Err())
		}
		if err != nil {
			return outcomes, fmt.Errorf("mutant %q: %w", m.Name, err)
		}
		o := Outcome{m, noticed}
		outcomes = append(outcomes, o)
		if noticed == "" {
			survivors++
		}
		fmt.Fprintf(out, "%s (%.1f s)\n", o.word(), time.Since(began).Seconds())
	}
	printTable(out, outcomes)
	if survivors > 0 {
		return outcomes, fmt.Errorf("%w %d of %d mutants", ErrUnnoticed, survivors, len(all))
	}
	fmt.Fprintf(out, "all %d mutants were noticed\n", len(all))
	return outcomes, nil
}

// texts makes all changed files before anything runs, so that a list that is out
// of date is told of at once and whole.
func (t Trial) texts(all []Mutant) ([]string, error) {
	texts, errs := make([]string, len(all)), make([]error, len(all))
	for i, m := range all {
		texts[i], errs[i] = m.mutate(t.Root)
	}
	return texts, errors.Join(errs...)
}

// control runs the tests of all rooms without a mutant: what fails anyway would
// notice everything.
func (b *bench) control(ctx context.Context, out io.Writer, all []Mutant) error {
	tested := map[string]bool{}
	for _, m := range all {
		for _, room := range m.Rooms() {
			if tested[room] {
				continue
			}
			tested[room] = true
			fmt.Fprintf(out, "without a mutant, %s\n", room)
			failed, err := b.test(ctx, "", room)
			if err != nil {
				return err
			}
			if failed != "" {
				return fmt.Errorf("a test fails without any mutant: %s", failed)
			}
		}
	}
	return nil
}

// try has the rooms' tests, and then chaos, look at a mutant: first the seed that
// is known to notice it.
func (t Trial) try(ctx context.Context, b *bench, m Mutant, text string) (string, error) {
	overlay, err := b.overlay(m.File, text)
	if err != nil {
		return "", err
	}
	for _, room := range m.Rooms() {
		if noticed, err := b.test(ctx, overlay, room); noticed != "" || err != nil {
			return noticed, err
		}
	}
	if m.Seed > 0 {
		if noticed, err := b.play(ctx, overlay, m.Seed, m.Seed); noticed != "" || err != nil {
			return noticed, err
		}
	}
	return b.play(ctx, overlay, t.First, t.Last)
}

const survived = "SURVIVED"

func (o Outcome) word() string {
	if o.Noticed == "" {
		return survived
	}
	return o.Noticed
}

func printTable(out io.Writer, outcomes []Outcome) {
	t := terminal.Table{
		Columns: []terminal.Column{
			{Title: "mutant", Wrap: 16}, {Title: "noticed by", Wrap: 16}, {Title: "the rule that it breaks", Wrap: 20},
		},
		Colour: func(_ int, cell string) terminal.Colour {
			if cell == survived {
				return terminal.Bad
			}
			return terminal.Plain
		},
	}
	for _, o := range outcomes {
		t.Row(o.Mutant.Name, o.word(), o.Mutant.Rule)
	}
	fmt.Fprintln(out)
	terminal.On(out).Table(t)
	fmt.Fprintln(out)
}
