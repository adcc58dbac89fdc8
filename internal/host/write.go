package host

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gossiprpc/internal/machine"
	"gossiprpc/internal/regular"
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
		h.options.Logger.Warn("file not written", "file", w.File, "err", err)
	}
	h.post(ctx, written)
}

func replace(path string, data []byte) (err error) {
	f, err := regular.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
