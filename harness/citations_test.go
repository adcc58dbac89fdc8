package harness

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// owing are folders that still cite pages that are not here. One that has paid
// must be taken out.
var owing = []string{"gossipnode", "harness/sim", "internal", "monitor"}

var (
	page     = regexp.MustCompile(`[A-Za-z0-9_.-]+\.md\b`)
	issue    = regexp.MustCompile(`(?i)\bissues? #?[0-9]+`)
	decision = regexp.MustCompile(`\bdecisions? ([0-9]+)`)
	heading  = regexp.MustCompile(`(?m)^## ([0-9]+)\. `)
)

// A reader follows what comments, pages and tables cite: it must be here.
func TestCitations(t *testing.T) {
	texts := readTexts(t, "..")
	var pages []string
	for name := range texts {
		if strings.HasSuffix(name, ".md") {
			pages = append(pages, path.Base(name))
		}
	}
	owed := map[string]int{}
	for name, text := range texts {
		for _, dangling := range dangling(text, pages, texts["docs/DECISIONS.md"]) {
			i := slices.IndexFunc(owing, func(folder string) bool { return within(name, folder) })
			if i < 0 {
				t.Errorf("%s cites %s, which is not here", name, dangling)
				continue
			}
			owed[owing[i]]++
		}
	}
	for _, folder := range owing {
		if owed[folder] == 0 {
			t.Errorf("%s cites nothing that is not here any more: take it out of the list", folder)
		}
	}
}

// dangling lists what a text cites and nobody finds: pages by their names, issues,
// and decisions by their numbers.
func dangling(text string, pages []string, decisions string) []string {
	var bad []string
	for _, name := range page.FindAllString(text, -1) {
		if !slices.Contains(pages, name) {
			bad = append(bad, name)
		}
	}
	bad = append(bad, issue.FindAllString(text, -1)...)
	var numbers []string
	for _, h := range heading.FindAllStringSubmatch(decisions, -1) {
		numbers = append(numbers, h[1])
	}
	for _, d := range decision.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(numbers, d[1]) {
			bad = append(bad, d[0])
		}
	}
	return bad
}

func TestDangling(t *testing.T) {
	decisions := "## 1. Rounds\n## 12. Away\n"
	text := "see BY-HAND.md, docs/NONE.md and Is" + "sue 6 (DECISIONS.md, decision 12, not decision 2)"
	got := strings.Join(dangling(text, []string{"BY-HAND.md", "DECISIONS.md"}, decisions), ", ")
	if want := "NONE.md, Is" + "sue 6, decision 2"; got != want {
		t.Errorf("dangling: %q, want %q", got, want)
	}
}

// readTexts reads what people wrote below root, but for this test.
func readTexts(t *testing.T, root string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if name != "." && (strings.HasPrefix(path.Base(name), ".") || path.Base(name) == "runs") {
				return fs.SkipDir
			}
			return err
		}
		if !slices.Contains([]string{".go", ".md", ".txt", ".py"}, path.Ext(name)) ||
			path.Base(name) == "citations_test.go" {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		texts[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) < 100 {
		t.Fatalf("%d files only", len(texts))
	}
	return texts
}
