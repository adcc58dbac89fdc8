package supply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// Module is one that code of this repository is compiled with.
type Module struct {
	Path, Version, Dir string
	Licences           []string
	Shipped            bool // in the programs, and not only in tests and targets
}

// Modules lists those that tests and targets of the module in dir, and these programs
// of it, are compiled with, by path. The error tells of every module whose licences
// are not all allowed.
func Modules(ctx context.Context, dir string, programs ...string) ([]Module, error) {
	found, err := deps(ctx, dir, append([]string{"-test", "-tags", "mage", "tool", "./..."}, programs...)...)
	if err != nil {
		return nil, err
	}
	shipped, err := deps(ctx, dir, programs...)
	if err != nil {
		return nil, err
	}
	var all []Module
	var failed error
	for path, m := range found {
		_, m.Shipped = shipped[path]
		if m.Licences, err = m.licences(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("module %s: %w", path, err))
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Module) int { return strings.Compare(a.Path, b.Path) })
	return all, failed
}

func (m Module) licences() ([]string, error) {
	names, err := licenceOf(m.Dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.Contains(Allowed, name) && (m.Shipped || !slices.Contains(AllowedBeside, name)) {
			return names, fmt.Errorf("%w: %s, allowed are %s; outside of the programs also %s", ErrLicence, name,
				strings.Join(Allowed, ", "), strings.Join(AllowedBeside, ", "))
		}
	}
	return names, nil
}

// deps are the modules of packages and of all that they import, by path.
func deps(ctx context.Context, dir string, packages ...string) (map[string]Module, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-deps", "-json=Module"}, packages...)...)
	cmd.Dir = dir
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, strings.TrimSpace(complaint.String()))
	}
	found := map[string]Module{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if m := p.Module; m != nil && !m.Main {
			found[m.Path] = Module{Path: m.Path, Version: m.Version, Dir: m.Dir}
		}
	}
	return found, nil
}
