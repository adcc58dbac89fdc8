package mutants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Tally is what a random run comes to.
type Tally struct {
	Tried     int
	Unnoticed []Mutant // without those that are explained
	Explained int      // unnoticed, and the list says why they are equal
	Broken    int      // drawn, but did not compile; not among those tried
}

// Random draws so many small changes of a room from a seed, and has the room's own
// tests look at each. It tells out how it goes, and at the end those that nobody
// noticed, in the form of the list. Changes that known lists as equal are
// explained.
func (t Trial) Random(
	ctx context.Context, out io.Writer, room string, count int, seed uint64, known []Mutant,
) (tally Tally, err error) {
	edits, texts, err := sites(t.Root, room)
	if err != nil {
		return tally, err
	}
	b, clear, err := newBench(t.Root, t.Limit)
	if err != nil {
		return tally, err
	}
	defer func() { err = errors.Join(err, clear()) }()
	if err := b.control(ctx, out, []Mutant{{File: room + "/*.go"}}); err != nil {
		return tally, err
	}
	r := rand.New(rand.NewPCG(seed, 0))
	r.Shuffle(len(edits), func(i, k int) { edits[i], edits[k] = edits[k], edits[i] })
	began := time.Now()
	for _, e := range edits {
		if tally.Tried == count {
			break
		}
		m := e.mutant(texts[e.file])
		switch noticed, err := b.notice(ctx, m, texts[e.file]); {
		case ctx.Err() != nil:
			tally.print(out, room, time.Since(began))
			return tally, fmt.Errorf("stopped after %d of %d mutants: %w", tally.Tried, count, ctx.Err())
		case errors.Is(err, errBuild):
			tally.Broken++
			continue
		case err != nil:
			return tally, err
		case noticed != "":
			fmt.Fprintf(out, "%d of %d, %s: %s\n", tally.Tried+1, count, m.Name, noticed)
		case m.explained(known, texts[e.file]):
			fmt.Fprintf(out, "%d of %d, %s: equal, as the list explains\n", tally.Tried+1, count, m.Name)
			tally.Explained++
		default:
			fmt.Fprintf(out, "%d of %d, %s: UNNOTICED\n%s", tally.Tried+1, count, m.Name, m)
			tally.Unnoticed = append(tally.Unnoticed, m)
		}
		tally.Tried++
	}
	tally.print(out, room, time.Since(began))
	return tally, nil
}

// notice has a room's own tests look at one of its mutants.
func (b *bench) notice(ctx context.Context, m Mutant, text string) (string, error) {
	text, err := m.apply(text)
	if err != nil {
		return "", err
	}
	overlay, err := b.overlay(m.File, text)
	if err != nil {
		return "", err
	}
	return b.test(ctx, overlay, m.Room())
}

// explained tells whether a list says of the same change why it is equal.
func (m Mutant) explained(known []Mutant, text string) bool {
	changed, err := m.apply(text)
	return err == nil && slices.ContainsFunc(known, func(k Mutant) bool {
		if k.Equal == "" || k.File != m.File {
			return false
		}
		same, err := k.apply(text)
		return err == nil && same == changed
	})
}

// String is the mutant as the list has it.
func (m Mutant) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "mutant: %s\nrule: %s\nfile: %s\n", m.Name, m.Rule, m.File)
	for i, h := range m.Hunks {
		if i > 0 {
			s.WriteString("@@\n")
		}
		for line := range strings.Lines(h.Old) {
			s.WriteString("-" + line)
		}
		for line := range strings.Lines(h.New) {
			s.WriteString("+" + line)
		}
	}
	return s.String()
}

func (t Tally) print(out io.Writer, room string, took time.Duration) {
	fmt.Fprintf(out, "\n%s: %d changes that compile, in %.0f s\n", room, t.Tried, took.Seconds())
	for _, m := range t.Unnoticed {
		fmt.Fprintf(out, "\n%s", m)
	}
	if t.Tried > 0 {
		share := 100 * float64(len(t.Unnoticed)) / float64(t.Tried)
		fmt.Fprintf(out, "\n%d unnoticed, %.1f %%; %d more are equal, as the list explains\n",
			len(t.Unnoticed), share, t.Explained)
	}
}
