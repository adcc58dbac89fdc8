// Package scrape has the tests that ask real processes for their numbers, and hold the
// dashboard in docs/grafana to them.
package scrape
