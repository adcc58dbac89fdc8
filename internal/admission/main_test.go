package admission

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logged is a log, and what of each line follows its message.
func logged() (*slog.Logger, func() []string) {
	text := &sharedText{}
	bare := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey {
			return slog.Attr{}
		}
		return a
	}}
	return slog.New(slog.NewTextHandler(text, bare)), func() []string {
		return strings.Split(strings.TrimSpace(text.read()), "\n")
	}
}

type sharedText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sharedText) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *sharedText) read() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
