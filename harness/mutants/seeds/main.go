// Command seeds plays seeds of chaos and stops at the first that breaks an
// invariant: seeds FIRST LAST. Its last line says which; the exit code is 1 then, and 3
// if it cannot play. A mutant of the code that it plays is built into it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"gossiprpc/harness/sim/chaos"
)

const (
	exitFound = 1
	exitUnfit = 3 // 2 is a panic's
)

// stuck is after how long without the end of any run one of them hangs. A run
// takes tens of milliseconds.
const stuck = 2 * time.Minute

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout)) }

func run(ctx context.Context, args []string, out io.Writer) int {
	first, last, err := span(args)
	if err != nil {
		fmt.Fprintln(out, err)
		return exitUnfit
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(stuck, func() {
		fmt.Fprintf(out, "no run has ended for %v\n", stuck)
		os.Exit(exitFound)
	})
	defer watch.Stop()
	var least *chaos.Finding // of those that are found until all runs under way have ended
	_, _, err = chaos.Hunt(ctx, first, last, func(f chaos.Finding) {
		if least == nil || f.Seed < least.Seed {
			least = &f
		}
		cancel()
	}, func(uint64) { watch.Reset(stuck) })
	switch {
	case err != nil:
		fmt.Fprintln(out, err)
		return exitUnfit
	case least != nil:
		fmt.Fprintf(out, "seed %d: %s\n", least.Seed, least.Failure.Invariant)
		return exitFound
	}
	return 0
}

func span(args []string) (first, last uint64, err error) {
	if len(args) != 2 {
		return 0, 0, fmt.Errorf("%d arguments, want FIRST LAST", len(args))
	}
	if first, err = strconv.ParseUint(args[0], 10, 64); err != nil {
		return 0, 0, fmt.Errorf("first seed: %w", err)
	}
	if last, err = strconv.ParseUint(args[1], 10, 64); err != nil {
		return 0, 0, fmt.Errorf("last seed: %w", err)
	}
	return first, last, nil
}
