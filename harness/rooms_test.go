package harness

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// room is a row of DESIGN.md's table: what a folder, and those below it that
// have no row of their own, may import of this module and of others'. A pure
// room does no I/O, has no clock and draws nothing from a shared random source.
type room struct {
	folder  string
	own     string // folders of this module
	foreign string // modules; "*": any
	pure    bool
}

// The last rows say more than DESIGN.md does: what the commands share is in
// internal/command, and each main may name what it puts together.
var rooms = []room{
	{"internal/gossip", "", "", true},
	{"internal/machine", "internal/gossip", "", true},
	{"internal/host", "internal/gossip internal/machine internal/wire internal/xmlrpc", "", false},
	{"internal/wire", "internal/gossip internal/machine internal/xmlrpc", "", false},
	{"internal/xmlrpc", "internal/xmlrpc", "github.com/kolo/xmlrpc", false},
	{"internal/config", "internal/gossip", "github.com/alecthomas/kong golang.org/x/net", false},
	{"internal/command", "internal/config internal/gossip", "", false},
	{"gossipnode/protocol", "internal/gossip", "", true},
	{"gossipnode/process", "gossipnode/protocol internal/gossip internal/machine", "", true},
	{"gossipnode/agent", "gossipnode/process internal/gossip internal/host internal/machine internal/wire internal/xmlrpc", "*", false},
	{"gossipnode", "gossipnode/agent gossipnode/process gossipnode/protocol internal/command internal/config internal/gossip", "*", false},
	{"monitor/consensus", "internal/gossip", "", true},
	{"monitor/testcase", "monitor/consensus internal/gossip", "", true},
	{"monitor/core", "monitor/consensus monitor/testcase gossipnode/protocol internal/gossip internal/machine", "", true},
	{"monitor/internal", "monitor/consensus monitor/testcase internal/gossip", "*", false},
	{"monitor/service", "monitor/core internal/gossip internal/host internal/machine internal/wire internal/xmlrpc", "*", false},
	{"monitor/dashboard", "internal/gossip internal/wire internal/xmlrpc", "*", false},
	{"monitor", "monitor/core monitor/service monitor/dashboard gossipnode/protocol internal/command internal/config internal/gossip internal/wire internal/xmlrpc", "*", false},
	{"provider/registry", "gossipnode/protocol internal/gossip internal/machine", "", true},
	{"provider", "provider/registry gossipnode/protocol internal/command internal/config internal/gossip internal/host internal/machine internal/wire internal/xmlrpc", "*", false},
	{"docs", "", "", false},
	{"harness/sim", "harness gossipnode/process gossipnode/protocol monitor/core monitor/consensus monitor/testcase provider/registry internal/gossip internal/machine", "*", false},
	{"harness", "harness harness/sim gossipnode/protocol monitor/consensus monitor/testcase provider/registry internal/gossip internal/wire internal/xmlrpc", "*", false},
}

const module = "gossiprpc"

type listed struct {
	ImportPath, Dir string
	Imports         []string
	GoFiles         []string
	Standard        bool
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Imports,GoFiles", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// roomOf finds the row with the longest folder.
func roomOf(folder string) (room, bool) {
	var best room
	for _, r := range rooms {
		if within(folder, r.folder) && len(r.folder) > len(best.folder) {
			best = r
		}
	}
	return best, best.folder != ""
}

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

// objections lists what a package of a room must not import.
func objections(r room, folder string, imports []string) []string {
	var bad []string
	for _, path := range imports {
		if own, ok := strings.CutPrefix(path, module+"/"); ok {
			if target, known := roomOf(own); !known || !slices.Contains(strings.Fields(r.own), target.folder) && target.folder != r.folder {
				bad = append(bad, path)
			}
			continue
		}
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			if r.foreign != "*" && !slices.ContainsFunc(strings.Fields(r.foreign), func(m string) bool { return within(path, m) }) {
				bad = append(bad, path)
			}
			continue
		}
		if r.pure && doesIO(path) {
			bad = append(bad, path)
		}
	}
	return bad
}

func doesIO(path string) bool {
	for _, p := range []string{"os", "net", "syscall", "log", "context", "database", "embed", "io/fs", "io/ioutil", "path/filepath", "crypto/rand", "runtime", "testing", "unsafe"} {
		if within(path, p) {
			return true
		}
	}
	return false
}

func TestRooms(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < len(rooms)/2 {
		t.Fatalf("go list found %d packages only", len(packages))
	}
	for _, p := range packages {
		if len(p.GoFiles) == 0 {
			continue // tests only: they may look into every room
		}
		folder := strings.TrimPrefix(p.ImportPath, module+"/")
		r, ok := roomOf(folder)
		if !ok {
			t.Errorf("%s is in no room: give it a row here and in ARCHITECTURE.md", folder)
			continue
		}
		for _, path := range objections(r, folder, p.Imports) {
			t.Errorf("%s imports %s, which the room %s may not", folder, path, r.folder)
		}
		if r.pure {
			for _, file := range p.GoFiles {
				checkPure(t, filepath.Join(p.Dir, file))
			}
		}
	}
}

// checkPure looks for the clock and for the shared random source.
func checkPure(t *testing.T, file string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s starts a goroutine", file)
		case *ast.SelectorExpr:
			if of, ok := n.X.(*ast.Ident); ok && impure(of.Name, n.Sel.Name) {
				t.Errorf("%s uses %s.%s", file, of.Name, n.Sel.Name)
			}
		}
		return true
	})
}

func impure(of, name string) bool {
	switch of {
	case "time":
		return slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}, name)
	case "rand":
		return slices.Contains([]string{"Int", "IntN", "Int32", "Int32N", "Int64", "Int64N", "Uint32", "Uint32N", "Uint64", "Uint64N", "UintN", "N", "Float32", "Float64", "NormFloat64", "ExpFloat64", "Perm", "Shuffle"}, name)
	}
	return false
}

// The test must be able to fail.
func TestObjections(t *testing.T) {
	for _, c := range []struct{ folder, imports, want string }{
		{"gossipnode/protocol", "time math/rand/v2 gossiprpc/internal/gossip", ""},
		{"gossipnode/protocol", "net/http os gossiprpc/internal/wire github.com/x/y", "net/http os gossiprpc/internal/wire github.com/x/y"},
		{"internal/xmlrpc", "net/http github.com/kolo/xmlrpc gossiprpc/internal/xmlrpc/xmlrpctest", ""},
		{"internal/xmlrpc", "gossiprpc/internal/gossip github.com/kolo/other", "gossiprpc/internal/gossip github.com/kolo/other"},
		{"monitor/dashboard", "gossiprpc/monitor/service", "gossiprpc/monitor/service"},
		{"harness/local", "gossiprpc/harness gossiprpc/harness/local/keeper gossiprpc/monitor/testcase", ""},
		{"harness/local", "gossiprpc/monitor/service gossiprpc/gossipnode/agent", "gossiprpc/monitor/service gossiprpc/gossipnode/agent"},
	} {
		r, _ := roomOf(c.folder)
		if got := strings.Join(objections(r, c.folder, strings.Fields(c.imports)), " "); got != c.want {
			t.Errorf("%s: objections %q, want %q", c.folder, got, c.want)
		}
	}
}
