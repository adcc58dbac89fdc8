package config

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

type completed struct {
	Port  int    `help:"A port: the node's [own]." default:"1"`
	Align bool   `help:"Align." default:"true" negatable:""`
	Inner string `help:"Not for people." hidden:""`
}

func ask(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code, done := Parse(&completed{}, "tool", "", args, &out, &errs)
	if !done {
		t.Fatalf("%v is not the end", args)
	}
	return code, out.String(), errs.String()
}

func TestCompletionScripts(t *testing.T) {
	for shell, want := range map[string][]string{
		"bash": {"--port", "--align", "--no-align", "version completion"},
		"zsh":  {`'--port=[A port, the node'\''s (own).]:value:_files'`, "'--no-align[Align.]'", "compdef _tool tool"},
		"fish": {`complete -c tool -l port -r -d 'A port: the node'\''s [own].'`, "-l no-align -d 'Align.'"},
	} {
		code, out, errs := ask(t, "completion", shell)
		if code != ExitOK || errs != "" {
			t.Errorf("%s: exit %d, %s", shell, code, errs)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %s in\n%s", shell, w, out)
			}
		}
		if strings.Contains(out, "inner") {
			t.Errorf("%s: a hidden flag in\n%s", shell, out)
		}
	}
}

func TestNoSuchShell(t *testing.T) {
	for _, args := range [][]string{{"completion"}, {"completion", "tcsh"}, {"completion", "bash", "zsh"}} {
		if code, out, errs := ask(t, args...); code != ExitWrongUse || out != "" || !strings.Contains(errs, "want one shell, bash, zsh or fish") {
			t.Errorf("%v: exit %d, %q, %q", args, code, out, errs)
		}
	}
}

// Bash itself takes the script and completes by it.
func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("no bash here")
	}
	_, script, _ := ask(t, "completion", "bash")
	for typed, want := range map[string]string{"--po": "--port\n", "--no": "--no-align\n", "ver": "version\n"} {
		cmd := exec.CommandContext(t.Context(), bash, "--norc", "-c", script+
			`words=$(complete -p tool | sed "s/.*-W '//; s/' tool//"); compgen -W "$words" -- "$1"`, "bash", typed)
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%s: %q, %v, want %q", typed, out, err, want)
		}
	}
}
