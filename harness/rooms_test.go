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

// room is a row of the table below: what a folder, and those below it that have
// no row of their own, may import of this module and of others'. A pure room does
// no I/O, has no clock and draws nothing from a shared random source.
type room struct {
	folder  string
	own     string // folders of this module
	foreign string // modules; "*": any
	pure    bool
}

// Backends (local, docker, sim) know what a cluster is, and nothing of scripts:
// none of them may import harness/scenario.
var rooms = []room{
	{"internal/gossip", "", "", true},
	{"internal/machine", "internal/gossip", "", true},
	{"internal/host", "internal/machine internal/regular internal/wire internal/xmlrpc", "", false},
	{"internal/instant", "", "", false},
	{"internal/property", "", "pgregory.net/rapid", false},
	{"internal/recording", "internal/gossip internal/instant internal/machine", "", false},
	{"internal/viewer", "internal/gossip", "", false},
	{"internal/wire", "internal/gossip internal/machine internal/xmlrpc", "", false},
	{"internal/wire/size", "internal/gossip", "", true},
	{"internal/wire/statesfile", "internal/gossip", "", true},
	{"internal/socket", "", "", false},
	{"internal/xmlrpc", "internal/conns internal/socket", "github.com/kolo/xmlrpc", false},
	{"internal/conns", "", "", false},
	{"internal/admission", "internal/gossip internal/machine internal/xmlrpc", "", false},
	{"internal/regular", "", "", false},
	{"internal/guard", "internal/conns", "", false},
	{"internal/config", "internal/gossip internal/regular", "github.com/alecthomas/kong golang.org/x/net", false},
	{
		"internal/command",
		"internal/admission internal/config internal/conns internal/gossip internal/machine internal/recording " +
			"internal/xmlrpc",
		"", false,
	},
	{"internal/metrics", "internal/config internal/xmlrpc", "github.com/prometheus/client_golang", false},
	{"gossipnode/protocol", "internal/gossip", "", true},
	{"gossipnode/process", "gossipnode/protocol internal/gossip internal/machine", "", true},
	{
		"gossipnode/agent",
		"gossipnode/process internal/admission internal/gossip internal/host internal/machine internal/wire " +
			"internal/xmlrpc",
		"*", false,
	},
	{
		"gossipnode",
		"gossipnode/agent gossipnode/process gossipnode/protocol internal/command internal/config " +
			"internal/gossip internal/metrics internal/recording internal/regular",
		"*", false,
	},
	{"monitor/consensus", "internal/gossip", "", true},
	{"monitor/testcase", "monitor/consensus internal/gossip", "", true},
	{
		"monitor/core",
		"monitor/consensus monitor/testcase gossipnode/protocol internal/gossip internal/machine " +
			"internal/wire/statesfile",
		"", true,
	},
	{
		"monitor/feed",
		"gossipnode/protocol monitor/consensus monitor/core monitor/testcase internal/gossip internal/machine " +
			"internal/viewer",
		"", true,
	},
	{"monitor/internal", "monitor/consensus internal/gossip", "*", false},
	{
		"monitor/service",
		"monitor/core internal/gossip internal/host internal/machine internal/regular internal/wire internal/xmlrpc",
		"", false,
	},
	{"monitor/dashboard", "internal/gossip internal/guard internal/viewer internal/wire internal/xmlrpc", "*", false},
	{
		"monitor",
		"monitor/core monitor/feed monitor/service monitor/dashboard monitor/testcase gossipnode/protocol " +
			"internal/admission internal/command internal/config internal/gossip internal/guard internal/machine " +
			"internal/metrics internal/recording internal/viewer internal/wire internal/xmlrpc",
		"*", false,
	},
	{"provider/registry", "gossipnode/protocol internal/gossip internal/machine", "", true},
	{
		"provider",
		"provider/registry gossipnode/protocol internal/admission internal/command internal/config internal/gossip " +
			"internal/host internal/machine internal/metrics internal/recording internal/wire internal/xmlrpc",
		"*", false,
	},
	{"docs", "", "", false},
	{"docs/tutorial", "", "", false},
	{"harness", "gossipnode/protocol internal/gossip", "", false},
	{"harness/terminal", "", "github.com/jedib0t/go-pretty/v6 golang.org/x/term", false},
	{
		"harness/scenario",
		"harness harness/terminal gossipnode/protocol monitor/testcase internal/gossip",
		"github.com/rogpeppe/go-internal", false,
	},
	{"harness/authority", "internal/gossip", "", false},
	{"harness/authors", "", "", false},
	{
		"harness/live",
		"harness harness/authority internal/admission internal/gossip internal/wire internal/wire/statesfile " +
			"internal/xmlrpc",
		"", false,
	},
	{
		"harness/local",
		"harness harness/authority harness/live harness/local/keeper harness/local/relay internal/gossip internal/wire " +
			"internal/xmlrpc",
		"", false,
	},
	{"harness/local/keeper", "", "", false},
	{"harness/local/relay", "", "", false},
	{
		"harness/docker",
		"harness harness/authority harness/live internal/gossip internal/wire internal/xmlrpc",
		"github.com/containerd/errdefs github.com/moby/moby golang.org/x/sync", false,
	},
	{
		"harness/swarm",
		"harness harness/docker harness/live internal/gossip internal/wire internal/xmlrpc",
		"github.com/containerd/errdefs github.com/moby/moby golang.org/x/sync", false,
	},
	{
		"harness/sim",
		"harness gossipnode/process gossipnode/protocol monitor/core monitor/consensus monitor/testcase " +
			"provider/registry internal/gossip internal/instant internal/machine internal/recording internal/wire/size",
		"", false,
	},
	{
		"harness/watch",
		"gossipnode/process gossipnode/protocol monitor/core monitor/feed provider/registry " +
			"internal/gossip internal/machine internal/viewer",
		"", true,
	},
	{
		"harness/replay",
		"harness/terminal harness/watch gossipnode/process gossipnode/protocol monitor/core monitor/consensus " +
			"provider/registry internal/gossip internal/machine internal/recording internal/viewer " +
			"internal/wire/size",
		"golang.org/x/sync", false,
	},
	{
		"harness/sim/shown",
		"harness/sim harness/watch internal/gossip internal/machine internal/viewer",
		"", false,
	},
	{
		"harness/sim/steered",
		"harness harness/replay harness/scenario harness/sim harness/sim/shown gossipnode/protocol internal/viewer",
		"", false,
	},
	{
		"harness/sim/chaos",
		"harness harness/scenario harness/sim harness/terminal gossipnode/protocol monitor/consensus " +
			"monitor/testcase internal/gossip",
		"", false,
	},
	{"harness/sim/claims", "harness/sim gossipnode/protocol", "", false},
	{"harness/sim/truth", "harness harness/sim monitor/testcase internal/gossip", "", false},
	{"harness/settings", "harness harness/terminal gossipnode/protocol", "", false},
	{
		"harness/figures",
		"harness harness/docker harness/local harness/scenario harness/settings harness/sim harness/terminal " +
			"gossipnode/protocol monitor/consensus internal/gossip",
		"golang.org/x/sync gonum.org/v1/plot", false,
	},
	{
		"harness/advise",
		"harness/figures harness/settings harness/terminal gossipnode/protocol", "golang.org/x/sync", false,
	},
	{
		"harness/interop",
		"harness harness/docker harness/live harness/local harness/scenario harness/settings " +
			"harness/terminal gossipnode/protocol internal/gossip",
		"", false,
	},
	{
		"harness/soak",
		"harness harness/local harness/terminal gossipnode/protocol internal/gossip internal/machine internal/wire " +
			"internal/xmlrpc",
		"github.com/prometheus/common github.com/prometheus/procfs", false,
	},
	{"harness/mutants", "harness/settings harness/terminal", "", false},
	{"harness/mutants/seeds", "harness/sim/chaos", "", false},
	{"harness/attacks", "", "", false},
	{
		"harness/bench",
		"harness harness/interop harness/local harness/settings harness/terminal harness/usage gossipnode/protocol " +
			"internal/gossip internal/wire internal/xmlrpc",
		"github.com/google/pprof github.com/kolo/xmlrpc", false,
	},
	{
		"harness/scale",
		"harness harness/figures harness/local harness/settings harness/terminal harness/usage gossipnode/agent gossipnode/process " +
			"gossipnode/protocol internal/gossip internal/wire internal/xmlrpc",
		"github.com/alecthomas/kong golang.org/x/sync/errgroup", false,
	},
	{"harness/usage", "", "github.com/prometheus/procfs golang.org/x/sys", false},
	{"harness/image", "", "", false},
	{"harness/supply", "", "", false},
	{"harness/addprotocol", "", "", false},
	{"harness/byhand", "", "", false},
	{"harness/scrape", "", "", false},
	{"harness/browser", "", "", false},
	{
		"harness/pictures",
		"harness/sim harness/sim/shown gossipnode/protocol internal/viewer", "github.com/chromedp/chromedp", false,
	},
	{
		"harness/lab",
		"docs/tutorial harness harness/authors harness/replay harness/scenario harness/sim/steered gossipnode/protocol " +
			"internal/guard internal/viewer",
		"github.com/evanw/esbuild golang.org/x/sync", false,
	},
	{
		"harness/tasks",
		"harness harness/authority harness/authors harness/docker harness/image harness/lab harness/local " +
			"harness/mutants harness/replay harness/scenario harness/settings harness/sim harness/sim/chaos harness/soak " +
			"harness/supply harness/swarm harness/terminal gossipnode/protocol",
		"", false,
	},
}

const module = "gossiprpc"

type listed struct {
	ImportPath, Dir           string
	Imports, GoFiles          []string
	TestImports, XTestImports []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list",
		"-json=ImportPath,Dir,Imports,GoFiles,TestImports,XTestImports", module+"/...")
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
			if target, known := roomOf(own); !known || !slices.Contains(strings.Fields(r.own), target.folder) &&
				target.folder != r.folder {
				bad = append(bad, path)
			}
			continue
		}
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			if r.foreign != "*" && !slices.ContainsFunc(strings.Fields(r.foreign),
				func(m string) bool { return within(path, m) }) {
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
	for _, p := range []string{
		"os", "net", "syscall", "log", "context", "database", "embed", "io/fs", "io/ioutil",
		"path/filepath", "crypto/rand", "runtime", "testing", "unsafe",
	} {
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

// What a failing property leaves below testdata would be a test case of others.
func TestPropertiesLeaveNothing(t *testing.T) {
	checked := 0
	for _, p := range listPackages(t) {
		imports := append(p.TestImports, p.XTestImports...)
		if !slices.Contains(imports, "pgregory.net/rapid") {
			continue
		}
		checked++
		if !slices.Contains(imports, module+"/internal/property") {
			t.Errorf("the tests of %s use rapid and do not import internal/property", p.ImportPath)
		}
	}
	if checked == 0 {
		t.Error("no package uses rapid")
	}
}

// A row that allows what nobody uses hides the next import that should not be.
func TestRoomsAreNarrow(t *testing.T) {
	used := map[string][]string{}
	for _, p := range listPackages(t) {
		r, _ := roomOf(strings.TrimPrefix(p.ImportPath, module+"/"))
		used[r.folder] = append(used[r.folder], p.Imports...)
	}
	for _, r := range rooms {
		for _, folder := range unused(r, used[r.folder]) {
			t.Errorf("room %s may import %s and does not: take it out of its row", r.folder, folder)
		}
	}
}

// unused lists what a room's row allows beyond what its packages import.
func unused(r room, imports []string) []string {
	var idle []string
	for _, folder := range strings.Fields(r.own) {
		if !slices.ContainsFunc(imports, func(path string) bool {
			target, _ := roomOf(strings.TrimPrefix(path, module+"/"))
			return target.folder == folder
		}) {
			idle = append(idle, folder)
		}
	}
	for _, m := range strings.Fields(strings.ReplaceAll(r.foreign, "*", "")) {
		if !slices.ContainsFunc(imports, func(path string) bool { return within(path, m) }) {
			idle = append(idle, m)
		}
	}
	return idle
}

func TestUnused(t *testing.T) {
	r := room{"harness/x", "harness internal/gossip", "github.com/a/b", false}
	imports := []string{"fmt", "gossiprpc/harness", "github.com/a/bc"}
	if got := strings.Join(unused(r, imports), " "); got != "internal/gossip github.com/a/b" {
		t.Errorf("unused: %q", got)
	}
	if got := unused(r, append(imports, "gossiprpc/internal/gossip", "github.com/a/b/c")); len(got) > 0 {
		t.Errorf("unused though all is used: %q", got)
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
		return slices.Contains([]string{
			"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer",
			"NewTicker",
		}, name)
	case "rand":
		return slices.Contains([]string{
			"Int", "IntN", "Int32", "Int32N", "Int64", "Int64N", "Uint32", "Uint32N",
			"Uint64", "Uint64N", "UintN", "N", "Float32", "Float64", "NormFloat64", "ExpFloat64", "Perm", "Shuffle",
		}, name)
	}
	return false
}

// The test must be able to fail.
func TestObjections(t *testing.T) {
	for _, c := range []struct{ folder, imports, want string }{
		{"gossipnode/protocol", "time math/rand/v2 gossiprpc/internal/gossip", ""},
		{
			"gossipnode/protocol", "net/http os gossiprpc/internal/wire github.com/x/y",
			"net/http os gossiprpc/internal/wire github.com/x/y",
		},
		{"internal/xmlrpc", "net/http github.com/kolo/xmlrpc gossiprpc/internal/xmlrpc/xmlrpctest", ""},
		{
			"internal/xmlrpc", "gossiprpc/internal/gossip github.com/kolo/other",
			"gossiprpc/internal/gossip github.com/kolo/other",
		},
		{"monitor/dashboard", "gossiprpc/monitor/service", "gossiprpc/monitor/service"},
		{"harness/local", "gossiprpc/harness gossiprpc/harness/local/keeper gossiprpc/internal/wire", ""},
		{
			"harness/local", "gossiprpc/monitor/service gossiprpc/gossipnode/agent",
			"gossiprpc/monitor/service gossiprpc/gossipnode/agent",
		},
		{"harness/docker", "gossiprpc/harness gossiprpc/harness/scenario", "gossiprpc/harness/scenario"},
		{"harness/sim", "gossiprpc/harness gossiprpc/harness/scenario", "gossiprpc/harness/scenario"},
		{"harness/sim/chaos", "gossiprpc/harness/scenario github.com/moby/moby/client", "github.com/moby/moby/client"},
	} {
		r, _ := roomOf(c.folder)
		if got := strings.Join(objections(r, c.folder, strings.Fields(c.imports)), " "); got != c.want {
			t.Errorf("%s: objections %q, want %q", c.folder, got, c.want)
		}
	}
}
