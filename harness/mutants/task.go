package mutants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"gossiprpc/harness/settings"
)

// testLimit is how long one room's tests may take. The slowest takes some seconds,
// and a minute on a machine that has ten times as much to do as it can.
const testLimit = 3 * time.Minute

// unsure is an error that mage ends with exit code 2 for: nothing can be told.
type unsure struct{ error }

func (unsure) ExitStatus() int { return 2 }

func (u unsure) Unwrap() error { return u.error }

// Task tries the mutants of the list whose names MUTANTS matches.
func Task(ctx context.Context, out io.Writer, environ []string) error {
	v, err := settings.Read("mutants", environ)
	if err != nil {
		return err
	}
	all, err := Read(List, "list")
	if err != nil {
		return unsure{err}
	}
	some := slices.DeleteFunc(all, func(m Mutant) bool {
		return m.Equal != "" || !v.Mutants.MatchString(m.Name)
	})
	if len(some) == 0 {
		return settings.Wrongf("MUTANTS=%s: no mutant has such a name", v.Mutants)
	}
	t := Trial{Root: ".", Limit: testLimit, First: v.FirstSeed, Last: v.LastSeed}
	_, err = t.Kept(ctx, out, some)
	return sure(err)
}

// Sample tries every tenth mutant of the list, with few seeds of chaos: CI has no time
// for all of them.
func Sample(ctx context.Context, out io.Writer) error {
	all, err := Read(List, "list")
	if err != nil {
		return unsure{err}
	}
	all = slices.DeleteFunc(all, func(m Mutant) bool { return m.Equal != "" })
	var some []Mutant
	for i := 0; i < len(all); i += 10 {
		some = append(some, all[i])
	}
	_, err = Trial{Root: ".", Limit: testLimit, First: 1, Last: 200}.Kept(ctx, out, some)
	return sure(err)
}

// RandomTask draws mutants of a room; see [Trial.Random].
func RandomTask(ctx context.Context, out io.Writer, environ []string, room, count, seed string) error {
	if _, err := settings.Read("mutants:random", environ); err != nil {
		return err
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return settings.Wrongf("N=%s: want a number of mutants, 1 or more", count)
	}
	s, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return settings.Wrongf("SEED=%s: want a whole number", seed)
	}
	known, err := Read(List, "list")
	if err != nil {
		return unsure{err}
	}
	tally, err := Trial{Root: ".", Limit: testLimit}.Random(ctx, out, room, n, s, known)
	if err == nil && len(tally.Unnoticed) > 0 {
		err = fmt.Errorf("%w %d of %d mutants", ErrUnnoticed, len(tally.Unnoticed), tally.Tried)
	}
	return sure(err)
}

func sure(err error) error {
	if err == nil || errors.Is(err, ErrUnnoticed) {
		return err
	}
	return unsure{err}
}
