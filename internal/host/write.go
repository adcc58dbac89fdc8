package host

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gossiprpc/internal/machine"
)

// write puts one text into its file and tells the machine what came of it.
func (h *Host) write(ctx context.Context, w machine.Write) {
	put := replace
	if w.Append {
		put = appendTo
	}
	written := machine.Written{ID: w.ID}
	if err := put(w.File, w.Data); err != nil {
		written.Error = err.Error()
	}
	h.post(ctx, written)
}

func replace(path string, data []byte) error {
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// appendTo writes at once and syncs: a reader, or a crash, sees a whole block or
// none.
func appendTo(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("append: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("append: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("append: %w", err)
	}
	return nil
}
