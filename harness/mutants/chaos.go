package mutants

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// player is the program that plays seeds of chaos; see its own comment.
const player = "harness/mutants/seeds"

// Exit codes of the player.
const (
	exitFound = 1 // its last line says "seed N: " and what was broken
	exitPanic = 2 // the runtime's own
)

// chaosLimit is for all seeds. A run that hangs is told of by the player sooner.
const chaosLimit = 30 * time.Minute

// play has chaos look at a mutant. A seed that finds something must find nothing
// without the mutant.
func (b *bench) play(ctx context.Context, overlay string, first, last uint64) (string, error) {
	found, err := b.seeds(ctx, overlay, first, last)
	if found == "" || err != nil {
		return "", err
	}
	seed, ok := seedOf(found)
	if !ok {
		return "chaos: " + found, nil
	}
	without, err := b.seeds(ctx, "", seed, seed)
	if err != nil {
		return "", err
	}
	if without != "" {
		return "", fmt.Errorf("chaos fails without any mutant: %s", without)
	}
	return "chaos " + found, nil
}

// seeds builds the player and lets it play; it returns what that has found.
func (b *bench) seeds(ctx context.Context, overlay string, first, last uint64) (string, error) {
	program := filepath.Join(b.scratch, "seeds.exe")
	if err := b.build(ctx, overlay, program, "build", "-o", program, "./"+player); err != nil {
		return "", err
	}
	args := []string{strconv.FormatUint(first, 10), strconv.FormatUint(last, 10)}
	text, err := b.run(ctx, chaosLimit, b.scratch, program, args...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == exitFound:
		lines := strings.Split(strings.TrimSpace(text), "\n")
		return lines[len(lines)-1], nil
	case errors.As(err, &exit) && exit.ExitCode() == exitPanic:
		return failedTest(text), nil
	}
	return "", fmt.Errorf("play seeds: %w: %s", err, text)
}

func seedOf(found string) (uint64, bool) {
	text, isSeed := strings.CutPrefix(found, "seed ")
	number, _, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(number, 10, 64)
	return n, isSeed && err == nil
}
