package lab

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim/steered"
	"gossiprpc/internal/viewer"
)

var (
	//go:embed worker.js
	worker []byte
	//go:embed files.js
	memory []byte
)

const (
	simulator = "gossiprpc/harness/sim/steered/wasm"
	// sitePolicy lets the worker compile WebAssembly, and nothing leave the site.
	sitePolicy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ` +
		`script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; ` +
		`worker-src 'self'; base-uri 'none'; form-action 'none'">`
	alonePage, besidePage = "index.html", "compare.html"
)

// Site writes a lab that any web host can serve, from any folder: the page, and the
// simulator that a visitor's browser runs. It needs the go command and this module's
// source.
func Site(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("site: %w", err)
	}
	files, err := siteFiles()
	if err != nil {
		return fmt.Errorf("site: %w", err)
	}
	root, err := goCommand(ctx, "env", "GOROOT")
	if err != nil {
		return err
	}
	// Of the very release that compiles the simulator: the two fit no others.
	support := filepath.Join(strings.TrimSpace(root), "lib", "wasm", "wasm_exec.js")
	if files["wasm_exec.js"], err = os.ReadFile(support); err != nil {
		return fmt.Errorf("site: the support script of this Go release: %w", err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return fmt.Errorf("site: %w", err)
		}
	}
	out, err := filepath.Abs(filepath.Join(dir, "sim.wasm"))
	if err != nil {
		return fmt.Errorf("site: %w", err)
	}
	_, err = goCommand(ctx, "build", "-trimpath", "-ldflags=-s -w", "-o", out, simulator)
	return err
}

// siteFiles are all but what comes from Go's tools.
func siteFiles() (map[string][]byte, error) {
	files := map[string][]byte{"sim.js": worker, "files.js": memory}
	for entry, name := range map[string]string{"app.js": "app.js", "style.css": "style.css"} {
		text, err := bundle(viewer.Assets(), entry)
		if err != nil {
			return nil, err
		}
		files[name] = []byte(text)
	}
	for name, protocols := range map[string][]string{alonePage: {"brr"}, besidePage: {"rr", "brr"}} {
		page, err := sitePage(name, protocols)
		if err != nil {
			return nil, err
		}
		files[name] = page
	}
	return files, nil
}

// sitePage is a page with a simulation for each of some protocols, all of one seed.
func sitePage(name string, protocols []string) ([]byte, error) {
	begin := steered.DefaultSettings()
	scripts, err := scripts()
	if err != nil {
		return nil, err
	}
	c := viewer.PageConfig{Lab: &viewer.LabControl{
		Acts: steered.Acts(), Protocols: protocol.Names(), Settings: []string{"fail", "delay", "drift"},
		Beside: besidePage, Scripts: scripts,
	}}
	if name == besidePage {
		c.Lab.Beside = alonePage
	}
	for _, p := range protocols {
		start := &viewer.Beginning{Protocol: p, Nodes: begin.Nodes, Seed: begin.Seed}
		c.Streams = append(c.Streams, viewer.Feed{Worker: "sim.js", Start: start})
	}
	c, err = withAuthors(c)
	if err != nil {
		return nil, err
	}
	page, err := viewer.Page(viewer.Assets(), c)
	if err != nil {
		return nil, err
	}
	return headPlace.ReplaceAllLiteral(page, []byte("<head>\n"+sitePolicy)), nil
}

// goCommand runs the go command for WebAssembly, and returns what it prints.
func goCommand(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("site: go %s: %w: %s", args[0], err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("site: go %s: %w", args[0], err)
	}
	return string(out), nil
}
