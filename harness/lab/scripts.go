package lab

import (
	"errors"
	"io/fs"
	"strings"

	"gossiprpc/docs/tutorial"
	"gossiprpc/harness/scenario"
	"gossiprpc/internal/viewer"
)

// scripts are those that a lab's page has in its list: the tutorial's, then the
// scenarios that the project ships.
func scripts() ([]viewer.Script, error) {
	files, err := fs.Glob(tutorial.Scripts, "*.txt")
	var all []viewer.Script
	for _, file := range files {
		text, e := fs.ReadFile(tutorial.Scripts, file)
		err = errors.Join(err, e)
		all = append(all, viewer.Script{Name: strings.TrimSuffix(file, ".txt"), Text: string(text)})
	}
	names, texts, e := scenario.Shipped()
	for i, name := range names {
		all = append(all, viewer.Script{Name: name, Text: texts[i]})
	}
	return all, errors.Join(err, e)
}
