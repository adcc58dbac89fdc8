package sim

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// vocabulary is all that the simulator may name of the rooms that hold rules:
// the machines' constructors and what hooks and meters are told. Whoever wants to
// add a word that makes a decision has found a rule that belongs into a machine.
var vocabulary = map[string]string{
	"protocol":  "Acquaintance NewAcquaintance DefaultParameters Parameters Spec Node Event Effect OpinionChanged",
	"process":   "New Config Process Observer",
	"core":      "New DefaultConfig Config Core Observer",
	"registry":  "NewProvider Config",
	"consensus": "State Input Event Failed Alive",
	"testcase":  "Result",
}

// TestTheSimulatorHoldsNoRule of a node's, the monitor's or the provider's: what
// it does to a cluster and how it carries effects out is all its own.
func TestTheSimulatorHoldsNoRule(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		for _, word := range foreignWords(t, f.Name()) {
			room, name, _ := strings.Cut(word, ".")
			seen[word] = true
			if !slices.Contains(strings.Fields(vocabulary[room]), name) {
				t.Errorf("%s uses %s, which is no word of the simulator's", f.Name(), word)
			}
		}
	}
	for _, word := range []string{"process.New", "core.New", "registry.NewProvider"} {
		if !seen[word] {
			t.Errorf("no file uses %s: the test looks at the wrong files", word)
		}
	}
}

// foreignWords lists what a file names of the rooms in the vocabulary.
func foreignWords(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if of, ok := s.X.(*ast.Ident); ok && of.Obj == nil && vocabulary[of.Name] != "" {
				words = append(words, of.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return words
}
