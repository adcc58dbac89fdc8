package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type nodeFlags struct {
	Config    string        `help:"JSON file." type:"path"`
	Host      string        `help:"Ignored."`
	Port      int           `help:"Port." default:"5000"`
	SeedHost  string        `help:"Seed." default:"node1"`
	SeedPort  int           `help:"Port of the seed." default:"5000"`
	Heartbeat time.Duration `help:"Interval." default:"1s"`
	Align     bool          `help:"Line up." default:"true" negatable:""`
}

func parse(t *testing.T, args ...string) (nodeFlags, string, int, bool) {
	t.Helper()
	var flags nodeFlags
	var out, errs bytes.Buffer
	code, done := Parse(&flags, "gossipnode", "A node.", args, &out, &errs)
	return flags, out.String() + errs.String(), code, done
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPrecedence(t *testing.T) {
	path := writeFile(t, `{"host":"localhost","port":5001,"seed_host":"file","seed_port":5002,"heartbeat":"100ms","align":false}`)
	t.Setenv("GOSSIP_SEED_HOST", "environment")
	t.Setenv("GOSSIP_PORT", "6000")
	got, text, code, done := parse(t, "--config", path, "--port", "7000")
	if code != ExitOK || done {
		t.Fatalf("Parse = %d, %t: %s", code, done, text)
	}
	want := nodeFlags{Config: path, Port: 7000, SeedHost: "environment", SeedPort: 5002, Heartbeat: 100 * time.Millisecond}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestConfigPathFromEnvironment(t *testing.T) {
	t.Setenv("GOSSIP_CONFIG", writeFile(t, `{"port":5009}`))
	got, text, _, done := parse(t)
	if done || got.Port != 5009 {
		t.Errorf("port %d, want 5009 from the file: %s", got.Port, text)
	}
}

func TestOriginalFiles(t *testing.T) {
	for name, want := range map[string]int{"config1": 5000, "config2": 5000, "monitor": 8000, "provider": 9000} {
		got, text, code, done := parse(t, "--config", filepath.Join("..", "..", "config_files", name+".json"))
		if done || code != ExitOK || got.Port != want || got.Host != "" {
			t.Errorf("%s: code %d, port %d (want %d), host %q (want none): %s", name, code, got.Port, want, got.Host, text)
		}
	}
}

func TestHelp(t *testing.T) {
	_, text, code, done := parse(t, "--help", "--port", "7")
	if code != ExitOK || !done || !strings.Contains(text, "--seed-host") || !strings.Contains(text, "$GOSSIP_SEED_HOST") {
		t.Errorf("--help: %d, %t: %s", code, done, text)
	}
}

func TestWrongUse(t *testing.T) {
	for _, c := range []struct {
		file string // "-" for none
		env  string
		args []string
		want []string // FILE stands for the file's path
	}{
		{file: "-", args: []string{"--prot", "7"}, want: []string{"--prot", "--port", "see gossipnode --help"}},
		{file: "-", args: []string{"--port", "0"}, want: []string{"--port: 0 is no port, want 1 to 65535"}},
		{file: "-", args: []string{"--port", "abc"}, want: []string{"--port", "abc"}},
		{file: "-", env: "65536", want: []string{"GOSSIP_PORT: 65536 is no port"}},
		{file: "-", env: "x", want: []string{"GOSSIP_PORT"}},
		{file: "-", args: []string{"--config", "/nowhere/at/all.json"}, want: []string{"/nowhere/at/all.json", "no such file"}},
		{file: `{"port":70000}`, want: []string{`FILE: field "port": 70000 is no port, want 1 to 65535`}},
		{file: `{"seed_port":-1}`, want: []string{`FILE: field "seed_port": -1 is no port`}},
		{file: ``, want: []string{"FILE is empty"}},
		{file: " \n", want: []string{"FILE is empty"}},
		{file: "{\n\"port\": 5000,\n", want: []string{"FILE: line 2: the text ends"}},
		{file: "{\n\"port\": 5000,\n]}", want: []string{"FILE: line 3: not JSON"}},
		{file: "{\"port\": 1}\n{}", want: []string{"FILE: line 2: more text"}},
		{file: `[1]`, want: []string{"FILE: holds an array, want a JSON object"}},
		{file: `{"seedhost":"x"}`, want: []string{`FILE: unknown field "seedhost", did you mean "seed_host"?`}},
		{file: `{"Port":1}`, want: []string{`unknown field "Port", did you mean "port"?`}},
		{file: `{"colour":1}`, want: []string{`unknown field "colour", known are align, heartbeat, host, port, seed_host, seed_port`}},
		{file: `{"config":"x"}`, want: []string{`unknown field "config"`}},
		{file: `{"port":"5000"}`, want: []string{`FILE: field "port": the text "5000", want a whole number`}},
		{file: `{"port":1.5}`, want: []string{`FILE: field "port": the number 1.5, want a whole number`}},
		{file: `{"port":1e999}`, want: []string{`field "port"`, "out of range"}},
		{file: `{"port":null}`, want: []string{`field "port": null, want a whole number`}},
		{file: `{"port":[5000]}`, want: []string{`field "port": an array, want a whole number`}},
		{file: `{"seed_host":5}`, want: []string{`field "seed_host": the number 5, want a text`}},
		{file: `{"host":5}`, want: []string{`field "host": the number 5, want a text`}},
		{file: `{"heartbeat":3}`, want: []string{`field "heartbeat": the number 3, want a duration text such as "3s"`}},
		{file: `{"heartbeat":"soon"}`, want: []string{`field "heartbeat": the text "soon", want a duration text`}},
		{file: `{"align":"no"}`, want: []string{`field "align": the text "no", want true or false`}},
		{file: `{"port":1,"port":2}`, want: []string{`field "port" is there twice`}},
		{file: `{"host":"a","host":"b"}`, want: []string{`field "host" is there twice`}},
	} {
		t.Run(c.file+c.env+strings.Join(c.args, " "), func(t *testing.T) {
			args, path := c.args, ""
			if c.file != "-" {
				path = writeFile(t, c.file)
				args = append(args, "--config", path)
			}
			if c.env != "" {
				t.Setenv("GOSSIP_PORT", c.env)
			}
			_, text, code, done := parse(t, args...)
			if code != ExitWrongUse || !done {
				t.Errorf("Parse = %d, %t, want %d, true", code, done, ExitWrongUse)
			}
			if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "gossipnode: ") {
				t.Errorf("want one line from gossipnode, got %q", text)
			}
			for _, w := range c.want {
				if w = strings.ReplaceAll(w, "FILE", path); !strings.Contains(text, w) {
					t.Errorf("%q\nlacks %q", text, w)
				}
			}
		})
	}
}

func TestWholeNumbersAsJSONWritesThem(t *testing.T) {
	got, text, _, done := parse(t, "--config", writeFile(t, "\xef\xbb\xbf{\"port\":5e3,\"seed_port\":6000.0}"))
	if done || got.Port != 5000 || got.SeedPort != 6000 {
		t.Errorf("ports %d and %d, want 5000 and 6000: %s", got.Port, got.SeedPort, text)
	}
}
