package mutants

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	got := parsed(t, `# a remark
mutant: two places
rule: it holds: always
also: a/b c
file: d/e.go
 	before
-	old
+	new
@@ -7 +7 @@
-	gone
`)
	want := []Mutant{{
		Name: "two places", Rule: "it holds: always", Also: []string{"a/b", "c"}, File: "d/e.go",
		Hunks: []Hunk{{"\tbefore\n\told\n", "\tbefore\n\tnew\n"}, {"\tgone\n", ""}},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"d", "a/b", "c"}, got[0].Rooms()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(got, parsed(t, strings.Replace(got[0].String(), "file:", "also: a/b c\nfile:", 1))); d != "" {
		t.Errorf("written and read again:\n%s", d)
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	for list, want := range map[string]string{
		"rule: x\n":                    "comes before any mutant",
		"mutant: m\nfile: f\n-a\n+b\n": "rule",
		"mutant: m\nrule: r\nequal: e\nfile: f\n-a\n+b\n": "rule",
		"mutant: m\nrule: r\n-a\n+b\n":                    "names no file",
		"mutant: m\nrule: r\nfile: f\n":                   "changes nothing",
		"mutant: m\nrule: r\nfile: f\n+b\n":               "takes out",
		"mutant: m\nrule: r\nfile: f\n a\n":               "takes out",
		"mutant: m\nrole: r\n":                            "line 2",
		"mutant:\nrule: r\nfile: f\n-a\n":                 "has no name",
	} {
		if _, err := Parse(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", list, err, want)
		}
	}
}

func TestReadNamesTheFile(t *testing.T) {
	const entry = "mutant: m\nrule: r\nfile: f\n-a\n+b\n"
	for want, files := range map[string]map[string]string{
		"l/b.txt":     {"l/a.txt": entry, "l/b.txt": "x"},
		"two mutants": {"l/a.txt": entry, "l/b.txt": entry},
	} {
		lists := fstest.MapFS{}
		for name, text := range files {
			lists[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if _, err := Read(lists, "l"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
