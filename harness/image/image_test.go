package image

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestMirrorFromAptSources(t *testing.T) {
	stanzas := "# comment\nTypes: deb\n# another\nURIs: http://security.example/debian-security\n" +
		"Suites: bookworm-security\nComponents: main\n\n" +
		"Types: deb-src\nURIs: http://src.example/debian\nSuites: bookworm\nComponents: main\n\n" +
		"Types: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\n\n" +
		"Types: deb deb-src\nURIs: http://mirror.example/debian http://second.example/debian\n" +
		"Suites: bookworm bookworm-updates\nComponents:\n main\n contrib\n"
	for name, c := range map[string]struct {
		file, text, want string
	}{
		"one line": {
			"sources.list", "deb http://mirror.example/debian bookworm main\n",
			"http://mirror.example/debian",
		},
		"options": {
			"sources.list", "deb [signed-by=/a b=c] http://mirror.example/debian bookworm contrib main\n",
			"http://mirror.example/debian",
		},
		"commented out": {"sources.list", "#deb http://mirror.example/debian bookworm main\n", ""},
		"other suite":   {"sources.list", "deb http://mirror.example/debian trixie main\n", ""},
		"in the folder": {
			"sources.list.d/a.list",
			"\ndeb-src http://s.example bookworm main\ndeb http://mirror.example/debian bookworm main\n",
			"http://mirror.example/debian",
		},
		"stanzas":        {"sources.list.d/debian.sources", stanzas, "http://mirror.example/debian"},
		"unrelated file": {"sources.list.d/debian.sources.bak", stanzas, ""},
	} {
		apt := fstest.MapFS{c.file: {Data: []byte(c.text)}}
		if got := mirror(apt, "bookworm"); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestArgument(t *testing.T) {
	text := "# ARG RUN_BASE=no\nARG BUILD_BASE=a:1\nARG RUN_BASE=\"b:2\"\nFROM ${RUN_BASE}\nARG GOPROXY\n"
	for name, want := range map[string]string{"BUILD_BASE": "a:1", "RUN_BASE": "b:2", "GOPROXY": ""} {
		if got, ok := argument(text, name); got != want || ok != (want != "") {
			t.Errorf("%s: got %q %t, want %q", name, got, ok, want)
		}
	}
}

// The bases have public defaults, which the target reads out of the file.
func TestDockerfileNamesItsBases(t *testing.T) {
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"BUILD_BASE", "RUN_BASE"} {
		base, ok := argument(string(text), name)
		if !ok || strings.Contains(base, "/") {
			t.Errorf("%s is %q, want an official image, no host's", name, base)
		}
	}
}

// The tag of the builder changes with the certificates in it.
func TestStandInTag(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.crt")
	tags := map[string]bool{}
	for _, text := range []string{"one", "two"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		tag, err := machine{goName: "go1.26.0 X:exp", cas: file}.tag()
		if err != nil || !strings.HasPrefix(tag, "go1.26.0-") || len(tag) != len("go1.26.0-")+8 {
			t.Errorf("tag %q, %v", tag, err)
		}
		tags[tag] = true
	}
	if len(tags) != 2 {
		t.Errorf("tags %v, want two", tags)
	}
}

// All that is missing is said at once.
func TestMissingIsListed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := survey(t.Context())
	if !errors.Is(err, ErrMissing) {
		t.Fatalf("got %v, want %v", err, ErrMissing)
	}
	for _, want := range []string{"debootstrap", "tar", "GOROOT"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: does not name %s", err, want)
		}
	}
}

func TestNoDocker(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := Build(t.Context(), Options{Dir: "../.."})
	if !errors.Is(err, ErrNoEngine) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line of %v", err, ErrNoEngine)
	}
}

// The image holds what the README's reader expects, and is small.
func TestImage(t *testing.T) {
	if !exists(t.Context(), "gossip") {
		if os.Getenv("CI") != "" {
			t.Fatal("no image gossip: go tool mage image")
		}
		t.Skip("no image gossip: go tool mage image")
	}
	for _, user := range []string{"app_user", "root"} {
		out, err := output(t.Context(), "docker", "run", "--rm", "-u", user, "gossip", "bash", "-c",
			"pwd; ls config_files config/monitor.json; which monitor provider gossipnode")
		want := "/home/app_user\nconfig/monitor.json\n\nconfig_files:\n" +
			"config1.json\nconfig2.json\nmonitor.json\nprovider.json\n" +
			"/usr/local/bin/monitor\n/usr/local/bin/provider\n/usr/local/bin/gossipnode"
		if err != nil || out != want {
			t.Errorf("as %s: %v\n%s", user, err, out)
		}
	}
	if out, err := output(t.Context(), "docker", "image", "inspect", "--format", "{{.Config.User}} {{.Config.Cmd}}",
		"gossip"); err != nil || out != "app_user [bash]" {
		t.Errorf("user and command %q, %v", out, err)
	}
	if !exists(t.Context(), runStandIn) {
		return // Build weighs the image, whatever its base
	}
	if added, err := Added(t.Context(), "gossip", runStandIn); err != nil || added > MaxAdded || added < 1<<20 {
		t.Errorf("the image adds %d bytes to its base, %v, want at most %d", added, err, MaxAdded)
	}
}

func TestPipeTellsWhoFailed(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"first":  {"echo oh >&2; exit 3", "cat >/dev/null", "oh"},
		"second": {"yes", "echo ah >&2; exit 3", "ah"},
		"none":   {"echo hi", "cat >/dev/null", ""},
	} {
		err := pipe(command(t, c.from), command(t, c.to))
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func command(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(t.Context(), "sh", "-c", script)
}

// The sum changes with what goes into the image, and with nothing else.
func TestSource(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range inImage {
		if strings.Contains(part, ".") || part == "Dockerfile" {
			write(part, "x")
		} else {
			write(part+"/a.go", "x")
		}
	}
	sums := map[string]string{}
	sum := func(when string, fresh bool) {
		t.Helper()
		s, err := Source(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, known := sums[s]; known == fresh {
			t.Errorf("%s: the sum is that of %q", when, sums[s])
		}
		sums[s] = when
	}
	sum("at first", true)
	write("monitor/a.go", "y")
	sum("a changed file", true)
	write("monitor/b.go", "")
	sum("a new file", true)
	write("monitor/b_test.go", "y")
	write("monitor/testdata/b", "y")
	write("harness/a.go", "y")
	sum("what stays outside", false)
}
