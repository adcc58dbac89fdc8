// Package supply says what the programs are made of: the modules in them and their
// licences, a bill of materials, whether two builds give the same bytes, and known
// vulnerabilities where a data base of them can be had.
package supply

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Allowed are the licences, by their SPDX names, that a module in the programs may
// have: all let them be passed on under the programs' own. AllowedBeside are more for
// what only tests and figures are made with, and nobody is given.
var (
	Allowed       = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}
	AllowedBeside = []string{"CC-BY-4.0", "FTL", "MPL-2.0", "OFL-1.1"}
)

// ErrLicence is wrapped where a module has no licence that is allowed.
var ErrLicence = errors.New("licence not allowed")

// phrases tell licences apart: a text is the first whose phrases are all in it.
var phrases = []struct {
	name string
	all  []string
}{
	{"Apache-2.0", []string{"apache license", "version 2.0", "terms and conditions for use, reproduction"}},
	{"FTL", []string{"your choice of exactly one of the following two licenses: * the freetype license"}},
	{"OFL-1.1", []string{"sil open font license", "version 1.1"}},
	{"CC-BY-4.0", []string{"creative commons attribution 4.0 international"}},
	{"MPL-2.0", []string{"mozilla public license", "2.0"}},
	{"AGPL-3.0", []string{"gnu affero general public license"}},
	{"LGPL", []string{"gnu lesser general public license"}},
	{"GPL", []string{"gnu general public license"}},
	{"BSD-3-Clause", []string{
		"redistribution and use in source and binary forms",
		"endorse or promote products derived from this software",
	}},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms", "in binary form must reproduce"}},
	{"MIT", []string{
		"permission is hereby granted, free of charge, to any person obtaining a copy",
		"the above copyright notice and this permission notice",
	}},
	{"ISC", []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"}},
}

// Classify is the SPDX name of a licence's text, empty for one that is not known.
func Classify(text string) string {
	plain := strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, p := range phrases {
		if !slices.ContainsFunc(p.all, func(phrase string) bool { return !strings.Contains(plain, phrase) }) {
			return p.name
		}
	}
	return ""
}

// licenceOf finds the licences of a module by the files at its top.
func licenceOf(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		if strings.HasSuffix(upper, ".DOCS") {
			continue // of the documentation, which is not compiled
		}
		if !e.Type().IsRegular() ||
			!strings.HasPrefix(upper, "LICENSE") && !strings.HasPrefix(upper, "LICENCE") && !strings.HasPrefix(upper, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		name := Classify(string(text))
		if name == "" {
			return nil, fmt.Errorf("%w: %s is none that is known", ErrLicence, filepath.Join(dir, e.Name()))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: there is no licence file in %s", ErrLicence, dir)
	}
	slices.Sort(names)
	return names, nil
}
