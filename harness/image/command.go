package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// output runs a command and returns what it printed, trimmed. Its error holds the
// last line that the command wrote to standard error.
func output(ctx context.Context, name string, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", failure(cmd, err, complaint.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// stream runs a command and shows people what it prints.
func stream(ctx context.Context, out io.Writer, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return failure(cmd, err, "")
	}
	return nil
}

func failure(cmd *exec.Cmd, err error, complaint string) error {
	if errors.Is(err, exec.ErrNotFound) {
		return err
	}
	lines := strings.Split(strings.TrimSpace(complaint), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		err = fmt.Errorf("%w: %s", err, last)
	}
	return fmt.Errorf("%s: %w", strings.Join(cmd.Args[:min(2, len(cmd.Args))], " "), err)
}
