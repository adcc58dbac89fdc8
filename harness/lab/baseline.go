package lab

import (
	"gossiprpc/harness/authors"
	"gossiprpc/internal/viewer"
)

// withAuthors has a page show what the original's authors recorded beside its results.
func withAuthors(c viewer.PageConfig) (viewer.PageConfig, error) {
	all, err := authors.Recorded()
	for _, r := range all {
		c.Authors = append(c.Authors, viewer.Reading(r))
	}
	return c, err
}
