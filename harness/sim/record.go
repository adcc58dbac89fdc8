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

// records are the flight records of a world's processes, on their way to the disk.
type records struct {
	spec  harness.ClusterSpec
	files map[string]*bytes.Buffer // what is not on the disk yet
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

// save appends what is not on the disk yet to the records in the run's folder.
func (r *records) save() error {
	if r == nil {
		return nil
	}
	err := r.err
	for path, record := range r.files {
		if record.Len() == 0 {
			continue
		}
		if e := appendTo(path, record); e != nil {
			err = errors.Join(err, fmt.Errorf("save records: %w", e))
		}
	}
	return err
}

func appendTo(path string, record *bytes.Buffer) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = record.WriteTo(f)
	return errors.Join(err, f.Close())
}
