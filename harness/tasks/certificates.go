package tasks

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"gossiprpc/harness/authority"
	"gossiprpc/harness/settings"
)

// LabCA makes a throw-away authority in dir, or goes on with the one there, and a
// certificate for each of the names, a list with commas or blanks.
func LabCA(out io.Writer, dir, names string) error {
	hosts := authority.Names(names)
	if len(hosts) == 0 {
		return settings.WrongUse{Err: errors.New("lab:ca: no names, want some such as \"node1 node2 monitor-node 10.0.0.7\"")}
	}
	a, err := authority.Open(dir)
	if err != nil {
		return settings.WrongUse{Err: err}
	}
	for _, host := range hosts {
		if err := a.Issue(host, host); err != nil {
			return settings.WrongUse{Err: err}
		}
	}
	fmt.Fprintf(out, "%s is the authority, for %d days. For %s:\n", filepath.Join(dir, authority.CAFile),
		int(authority.Life.Hours()/24), hosts[0])
	for i, word := range authority.Flags(dir, hosts[0]) {
		fmt.Fprint(out, map[bool]string{true: "  ", false: " "}[i == 0], word)
	}
	fmt.Fprintln(out)
	return nil
}
