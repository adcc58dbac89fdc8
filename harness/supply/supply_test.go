package supply

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLicencesAreToldApart(t *testing.T) {
	own, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	const redistribution = "Redistribution and use in source and binary forms, with or without modification, are " +
		"permitted... in binary form must reproduce the above copyright notice "
	for text, want := range map[string]string{
		string(own):    "MIT",
		redistribution: "BSD-2-Clause",
		redistribution + "nor the names of its contributors may be used to\nendorse or promote products derived from\n this software": "BSD-3-Clause",
		"GNU GENERAL PUBLIC LICENSE Version 3": "GPL",
		"GNU Affero General Public License":    "AGPL-3.0",
		"all rights reserved":                  "",
	} {
		if got := Classify(text); got != want {
			t.Errorf("%.60q is %q, want %q", text, got, want)
		}
	}
}

func TestAModuleNeedsALicence(t *testing.T) {
	dir := t.TempDir()
	if _, err := licenceOf(dir); !errors.Is(err, ErrLicence) || !strings.Contains(err.Error(), "no licence file") {
		t.Errorf("none: %v", err)
	}
	write(t, dir, map[string]string{"LICENSE.txt": "do what you like, but ask me first"})
	if _, err := licenceOf(dir); !errors.Is(err, ErrLicence) || !strings.Contains(err.Error(), "LICENSE.txt is none that is known") {
		t.Errorf("an unknown one: %v", err)
	}
}

func TestThisModulesLicences(t *testing.T) {
	modules, err := Modules(t.Context(), "../..", "./monitor", "./provider", "./gossipnode")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Module{}
	for _, m := range modules {
		found[m.Path] = m
	}
	if m := found["github.com/kolo/xmlrpc"]; !m.Shipped || m.Version == "" || len(m.Licences) != 1 {
		t.Errorf("the XML-RPC library is %+v", m)
	}
	if m := found["pgregory.net/rapid"]; m.Shipped || len(m.Licences) != 1 {
		t.Errorf("a library of tests is %+v", m)
	}
	shipped := Module{Dir: found["pgregory.net/rapid"].Dir, Shipped: true}
	if _, err := shipped.licences(); !errors.Is(err, ErrLicence) || !strings.Contains(err.Error(), "MPL-2.0") {
		t.Errorf("in a program it would be: %v", err)
	}
}

func TestTwoBuilds(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod":       "module example\n",
		"prog/main.go": "package main\n\nfunc main() {}\n",
	})
	if err := Reproducible(t.Context(), dir, []string{"go.mod", "prog"}, []string{"./prog"}); err != nil {
		t.Error(err)
	}
	a, b := t.TempDir(), t.TempDir()
	write(t, a, map[string]string{"x": "1", "y": "2"})
	write(t, b, map[string]string{"x": "1", "y": "3"})
	if err := same(a, b); !errors.Is(err, ErrDiffers) || !strings.HasSuffix(err.Error(), ": y") {
		t.Errorf("two that differ: %v", err)
	}
	if err := same(t.TempDir(), b); err == nil {
		t.Error("nothing is the same as something")
	}
}

// TestBill is of this test's own program: decoding must know every member.
func TestBill(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	modules := []Module{{Path: "github.com/kolo/xmlrpc", Licences: []string{"MIT"}}}
	var out bytes.Buffer
	if err := WriteBill(&out, modules, own); err != nil {
		t.Fatal(err)
	}
	var b bill
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		t.Fatal(err)
	}
	if b.BomFormat != "CycloneDX" || len(b.Components) < 2 {
		t.Errorf("bill %+v", b)
	}
	for _, c := range b.Components {
		if c.Type == "library" && (c.Version == "" || !strings.HasPrefix(c.PURL, "pkg:golang/"+c.Name+"@")) {
			t.Errorf("component %+v", c)
		}
	}
	if err := WriteBill(&out, nil, "supply_test.go"); err == nil {
		t.Error("a file that is no program has a bill")
	}
}
