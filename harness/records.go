package harness

import (
	"fmt"
	"path/filepath"
)

// mostRecorded is up to how many nodes a cluster's processes are recorded.
const mostRecorded = 64

// RecordFolder is where a run's folder has its flight records.
const RecordFolder = "records"

// RecordFile is the file for the flight record of one life of a process, counted
// from 1; empty where the cluster is not recorded, since it is too large, has no
// folder, or should not be.
func (s ClusterSpec) RecordFile(name string, life int) string {
	if s.Dir == "" || s.Unrecorded || s.Nodes > mostRecorded {
		return ""
	}
	return filepath.Join(s.Dir, RecordFolder, fmt.Sprintf("%s-%d.rec", name, life))
}
