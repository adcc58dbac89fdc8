package supply

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// bill is a software bill of materials, in CycloneDX 1.5.
type bill struct {
	BomFormat   string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Components  []component `json:"components"`
}

type component struct {
	Type     string   `json:"type"`
	Name     string   `json:"name"`
	Version  string   `json:"version"`
	PURL     string   `json:"purl,omitempty"`
	Licences []choice `json:"licenses,omitempty"`
}

type choice struct {
	Licence licence `json:"license"`
}

type licence struct {
	ID string `json:"id"`
}

// WriteBill writes what programs are made of: what their own build information says,
// which Go puts into each.
func WriteBill(w io.Writer, modules []Module, programs ...string) error {
	parts := map[string]component{}
	for _, program := range programs {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return fmt.Errorf("bill of %s: %w", program, err)
		}
		version := strings.TrimPrefix(info.GoVersion, "go")
		parts["std"] = component{Type: "library", Name: "std", Version: version, PURL: "pkg:golang/std@" + url.PathEscape(version)}
		name := filepath.Base(program)
		parts[name] = component{Type: "application", Name: name, Version: info.Main.Version}
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			parts[m.Path] = component{
				Type: "library", Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + m.Path + "@" + m.Version,
				Licences: licences(modules, m.Path),
			}
		}
	}
	b := bill{BomFormat: "CycloneDX", SpecVersion: "1.5", Version: 1}
	for _, c := range parts {
		b.Components = append(b.Components, c)
	}
	slices.SortFunc(b.Components, func(a, c component) int { return strings.Compare(a.Name, c.Name) })
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(b)
}

func licences(modules []Module, path string) []choice {
	var all []choice
	for _, m := range modules {
		if m.Path == path {
			for _, name := range m.Licences {
				all = append(all, choice{licence{name}})
			}
		}
	}
	return all
}
