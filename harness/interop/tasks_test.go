package interop

import (
	"errors"
	"io"
	"strings"
	"testing"

	"gossiprpc/harness/settings"
)

func TestWrongUse(t *testing.T) {
	for pair, peers := range map[string]string{
		"NODES=16": "local", "SPEED=0": "local", "SPEED=2": "an-image",
		"SPED=2": "local",
	} {
		err := Mixed(t.Context(), io.Discard, []string{pair}, peers)
		if !errors.As(err, new(settings.WrongUse)) || !strings.Contains(err.Error(), pair) {
			t.Errorf("%s %s: %v", pair, peers, err)
		}
	}
}
