package config_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"gossiprpc/internal/config"
)

func TestVersion(t *testing.T) {
	var plain struct{}
	var own struct{ Version string }
	for _, c := range []struct {
		cli  any
		args string
		code int
		want string // on standard output; empty: nothing
	}{
		{&plain, "version", 0, "prog "},
		{&plain, "--version", 0, "prog "},
		{&own, "version", 0, "prog "},
		{&own, "--version", 2, ""}, // its own setting, without a value
		{&plain, "--version extra", 2, ""},
	} {
		var out, errs bytes.Buffer
		code, done := config.Parse(c.cli, "prog", "A program.", strings.Fields(c.args), &out, &errs)
		if code != c.code || !done {
			t.Errorf("%s: exit %d, done %v, want %d", c.args, code, done, c.code)
		}
		if c.want == "" && out.Len() > 0 || c.want != "" && !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: printed %q", c.args, out.String())
		}
		if c.want != "" && !strings.Contains(out.String(), runtime.Version()) {
			t.Errorf("%s: %q lacks Go's version", c.args, out.String())
		}
	}
}
