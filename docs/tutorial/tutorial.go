// Package tutorial holds the scripts of docs/TUTORIAL.md, for the pages that offer them
// in a list, and the test that holds what the tutorial says to what its scripts do.
package tutorial

import "embed"

// Scripts are one file each exercise, named by its number and what it is about.
//
//go:embed *.txt
var Scripts embed.FS
