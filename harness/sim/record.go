package sim

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gossiprpc/harness"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
)

// records keeps the flight records of a world's processes until the world ends.
type records struct {
	spec  harness.ClusterSpec
	files map[string]*bytes.Buffer
	err   error
}

// wrap records one life of a process.
func (r *records) wrap(l Life, m machine.Machine) machine.Machine {
	path := r.spec.RecordFile(l.Name, int(l.Number))
	kind := recording.Node
	switch l.Name {
	case harness.Monitor:
		kind = recording.Monitor
	case harness.Provider:
		kind = recording.Provider
	}
	header, err := recording.NewHeader(kind, l.Self, l.Settings, "simulated", l.Began)
	if err != nil {
		r.err = errors.Join(r.err, fmt.Errorf("record %s: %w", l.Name, err))
		return m
	}
	r.files[path] = &bytes.Buffer{}
	return recording.Wrap(m, r.files[path], header, 0)
}

// save writes all records into the run's folder.
func (r *records) save() error {
	if r == nil {
		return nil
	}
	err := r.err
	for path, record := range r.files {
		if e := os.MkdirAll(filepath.Dir(path), 0o755); e != nil {
			return errors.Join(err, fmt.Errorf("save records: %w", e))
		}
		if e := os.WriteFile(path, record.Bytes(), 0o644); e != nil {
			err = errors.Join(err, fmt.Errorf("save records: %w", e))
		}
	}
	return err
}
