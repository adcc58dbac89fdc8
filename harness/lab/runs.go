package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gossiprpc/harness/replay"
	"gossiprpc/internal/viewer"
)

// writeRun writes a run's stream, as its records play. Where they break off, because
// one is damaged, the stream has the reason as its last line.
func writeRun(ctx context.Context, w io.Writer, folder string) error {
	run, err := replay.Open(folder)
	if err != nil {
		return err
	}
	out := lineWriter{to: bufio.NewWriterSize(w, 1<<16)}
	err = run.Stream(ctx, out.put)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: what comes before can be shown: %w", folder, err)
		out.put(out.last, viewer.Log{Who: "replay", Text: "the stream ends here: " + err.Error()})
	}
	return errors.Join(err, out.err, out.to.Flush())
}

// lineWriter writes events as lines until one cannot be written.
type lineWriter struct {
	to   *bufio.Writer
	line []byte
	last time.Duration
	err  error
}

func (l *lineWriter) put(at time.Duration, e viewer.Event) {
	if l.err != nil {
		return
	}
	l.last = at
	if l.line, l.err = viewer.AppendLine(l.line[:0], at, e); l.err == nil {
		_, l.err = l.to.Write(l.line)
	}
}
