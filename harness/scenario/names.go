package scenario

import (
	"fmt"
	"slices"
	"strings"

	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
)

// processes reads names in a script: node3, node3..node6, others (every node
// that runs undisturbed), newest (the last node), monitor, provider.
func (r *run) processes(args []string) ([]string, error) {
	var names []string
	for _, arg := range args {
		switch first, last, isRange := strings.Cut(arg, ".."); {
		case arg == "others":
			for _, n := range r.cluster.Nodes() {
				if r.nodes[n].up {
					names = append(names, n)
				}
			}
		case arg == "newest":
			all := r.cluster.Nodes()
			names = append(names, all[len(all)-1])
		case arg == harness.Monitor || arg == harness.Provider || r.nodes[arg] != nil:
			names = append(names, arg)
		case isRange:
			all, err := r.between(first, last)
			if err != nil {
				return nil, err
			}
			names = append(names, all...)
		default:
			return nil, fmt.Errorf("%q is no process of this cluster, known are node1 to node%d, "+
				"ranges such as node2..node4, others, newest, %s and %s",
				arg, len(r.nodes), harness.Monitor, harness.Provider)
		}
	}
	slices.SortFunc(names, compareNames)
	return slices.Compact(names), nil
}

func (r *run) between(first, last string) ([]string, error) {
	all := r.cluster.Nodes()
	from, to := slices.Index(all, first), slices.Index(all, last)
	if from < 0 || to < from {
		return nil, fmt.Errorf("%q is no range of this cluster's nodes node1 to node%d", first+".."+last, len(all))
	}
	return all[from : to+1], nil
}

// nodesOnly refuses the monitor and the provider.
func (r *run) nodesOnly(args []string) ([]string, error) {
	names, err := r.processes(args)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if r.nodes[n] == nil {
			return nil, fmt.Errorf("%q is no node, want node1 to node%d", n, len(r.nodes))
		}
	}
	return names, nil
}

// named turns addresses into the script's names, in the order of the nodes.
func (r *run) named(addresses []gossip.Address) []string {
	names := make([]string, 0, len(addresses))
	for _, a := range addresses {
		names = append(names, r.nameOf(a))
	}
	slices.SortFunc(names, compareNames)
	return names
}

func (r *run) nameOf(a gossip.Address) string {
	if n, ok := r.byAddress[a]; ok {
		return n
	}
	return string(a)
}

// compareNames puts node10 behind node9.
func compareNames(a, b string) int {
	if len(a) != len(b) && strings.HasPrefix(a, "node") && strings.HasPrefix(b, "node") {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
