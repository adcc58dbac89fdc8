package admission

import (
	"fmt"
	"hash/fnv"
	"math"

	"gossiprpc/internal/gossip"
)

const maxCluster = 64 // characters

func checkCluster(name string) error {
	if name == "" {
		return nil
	}
	if len(name) > maxCluster || gossip.CheckName(name) != nil {
		return fmt.Errorf("--cluster %.80q: want 1 to %d letters, digits, dots, underscores and hyphens", name, maxCluster)
	}
	return nil
}

// clusterID is a cluster's number in SYNs. One without a name has the original's; no
// other has that.
func clusterID(name string) int32 {
	if name == "" {
		return gossip.ClusterID
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	const first = gossip.ClusterID + 1
	return int32(h.Sum32()%(math.MaxInt32-uint32(first)+1)) + first
}
