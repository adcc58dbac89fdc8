package mutants

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tiny is a module of its own with a function that its tests look at, and one
// that only its chaos looks at.
func tiny() Trial {
	return Trial{Root: "testdata/tiny", Limit: 20 * time.Second, First: 1, Last: 9}
}

func parsed(t *testing.T, text string) []Mutant {
	t.Helper()
	all, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestKept: the tests notice a mutant, chaos notices one that they do not, and one
// that changes nothing survives.
func TestKept(t *testing.T) {
	all := parsed(t, `
mutant: the smallest
rule: the largest is returned
file: largest/largest.go
-		if n > most {
+		if n < most {

mutant: not twice
rule: twice is twice
file: largest/largest.go
-	return n + n
+	return n * n

mutant: the last of equals
rule: none, two equal numbers are one
file: largest/largest.go
-		if n > most {
+		if n >= most {
`)
	var out strings.Builder
	outcomes, err := tiny().Kept(t.Context(), &out, all)
	if other := (unsure{}); !errors.Is(err, ErrUnnoticed) || errors.As(sure(err), &other) {
		t.Errorf("error %v, want %v and no other exit code", err, ErrUnnoticed)
	}
	want := []string{"largest: TestOf", "chaos seed 5: twice is twice", ""}
	for i, o := range outcomes {
		if o.Noticed != want[i] {
			t.Errorf("%s is noticed by %q, want %q", o.Mutant.Name, o.Noticed, want[i])
		}
	}
	table := out.String()
	table = table[strings.Index(table, "noticed by"):]
	if len(outcomes) != 3 || !strings.Contains(table, "the last of equals  SURVIVED") {
		t.Errorf("the table does not name the survivor:\n%s", out.String())
	}
	// The seed that the list names is played too.
	named := tiny()
	named.Last = 2
	for seed, noticed := range map[uint64]string{0: "", 3: "", 5: "chaos seed 5: twice is twice"} {
		all[1].Seed = seed
		if outcomes, _ := named.Kept(t.Context(), io.Discard, all[1:2]); len(outcomes) != 1 || outcomes[0].Noticed != noticed {
			t.Errorf("with seed %d only: %+v, want %q", seed, outcomes, noticed)
		}
	}
	if outcomes, err := tiny().Kept(t.Context(), io.Discard, all[:2]); err != nil || len(outcomes) != 2 {
		t.Errorf("without the survivor: %v", err)
	}
}

// TestNothingCanBeTold about a list that is out of date, a mutant that does not
// compile, or tests that fail anyway.
func TestNothingCanBeTold(t *testing.T) {
	const head = "mutant: odd one\nrule: x\nfile: largest/largest.go\n"
	for list, want := range map[string]string{
		head + "-	return n / n\n+	return n\n":                    `mutant "odd one" is out of date`,
		head + "-}\n+}}\n":                                       "has 2 times",
		"mutant: odd one\nrule: x\nfile: gone/gone.go\n-a\n+b\n": `mutant "odd one" is out of date`,
		head + "-	return n + n\n+	return m\n":                    "does not compile",
		head + "-	return n + n\n+	return n\n" + "also: gone\n":   "gone",
	} {
		_, err := tiny().Kept(t.Context(), io.Discard, parsed(t, list))
		var exit interface{ ExitStatus() int }
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(sure(err), &exit) || exit.ExitStatus() != 2 {
			t.Errorf("%s\n%v, want %s and exit code 2", list, err, want)
		}
	}
}

// TestWhatFailsAnyway notices nothing.
func TestWhatFailsAnyway(t *testing.T) {
	broken := tiny()
	broken.Root = t.TempDir()
	if err := os.CopyFS(broken.Root, os.DirFS("testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	const test = "package largest\n\nimport \"testing\"\n\nfunc TestBad(t *testing.T) { t.Error(\"bad\") }\n"
	if err := os.WriteFile(broken.Root+"/largest/bad_test.go", []byte(test), 0o600); err != nil {
		t.Fatal(err)
	}
	all := parsed(t, "mutant: m\nrule: x\nfile: largest/largest.go\n-	return n + n\n+	return n\n")
	if _, err := broken.Kept(t.Context(), io.Discard, all); err == nil || !strings.Contains(err.Error(), "TestBad") {
		t.Errorf("error %v does not name the test that fails anyway", err)
	}
}

// TestALoopThatNeverEnds is noticed by the time limit.
func TestALoopThatNeverEnds(t *testing.T) {
	trial := tiny()
	trial.Limit = time.Second
	all := parsed(t, "mutant: endless\nrule: x\nfile: largest/largest.go\n"+
		"-	most := 0\n+	most := 0\n+	for most == 0 {\n+	}\n")
	outcomes, err := trial.Kept(t.Context(), io.Discard, all)
	if err != nil || !strings.Contains(outcomes[0].Noticed, "timed out") {
		t.Errorf("%+v, %v, want it noticed by the time limit", outcomes, err)
	}
}

// TestTheTreeStaysAsItIs: a mutant leaves nothing in it.
func TestTheTreeStaysAsItIs(t *testing.T) {
	before := files(t)
	all := parsed(t, "mutant: m\nrule: x\nfile: largest/largest.go\n-	return n + n\n+	return n\n")
	if _, err := tiny().Kept(t.Context(), io.Discard, all); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, files(t)); d != "" {
		t.Error(d)
	}
}

// files are all files of the tiny module.
func files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	tree := os.DirFS("testdata/tiny")
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(tree, path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
