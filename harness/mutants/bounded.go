package mutants

import (
	"context"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// grace is how long a program may take to end itself when its time is over.
const grace = 10 * time.Second

// bounded runs what follows it with at most 4 GiB of memory, where the system can
// say so: a mutant may be a loop that never ends and keeps what it makes.
const bounded = `ulimit -v 4194304 2>/dev/null; exec "$0" "$@"`

// run runs a program for so long at most, and returns what it printed.
func (b *bench) run(ctx context.Context, limit time.Duration, dir, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if runtime.GOOS != "windows" {
		program, args = "sh", append([]string{"-c", bounded, program}, args...)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.WaitDelay = dir, grace
	var text strings.Builder
	cmd.Stdout, cmd.Stderr = &text, &text
	err := cmd.Run()
	return text.String(), err
}
