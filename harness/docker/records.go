package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

// recordFile is where the run's folder keeps the flight record of a process's
// present life; empty where there is none.
func (c *cluster) recordFile(p *process) string {
	if p.other {
		return ""
	}
	return c.spec.RecordFile(p.name, p.lives)
}

// recordName is the same file in the container.
func recordName(life int) string { return fmt.Sprintf("life-%d.rec", life) }

// endRecorded has all that is recorded end by itself, so that no record lacks the last
// moment. Errors do not matter: whatever does not end is killed with its container, and a
// record that breaks off can be read as well.
func (c *cluster) endRecorded(ctx context.Context) {
	var names []string
	for _, name := range c.everyone() {
		if p := c.processes[name]; !p.down && p.running != nil && c.recordFile(p) != "" {
			names = append(names, name)
		}
	}
	_ = c.Interrupt(ctx, names...)
}

// fetchRecords copies the records of all lives out of the containers.
func (c *cluster) fetchRecords(ctx context.Context) error {
	var failed error
	for _, p := range c.processes {
		if p.other || p.container == "" {
			continue
		}
		for life := 1; life <= p.lives; life++ {
			failed = errors.Join(failed, c.fetchRecord(ctx, p, life))
		}
	}
	return failed
}

// fetchRecord copies a record as a stream: it may be larger than what is read whole.
func (c *cluster) fetchRecord(ctx context.Context, p *process, life int) error {
	file := c.spec.RecordFile(p.name, life)
	if file == "" {
		return nil
	}
	record, err := open(ctx, c.engine, p.container, path.Join(homeDir, recordName(life)))
	if err != nil || record == nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return errors.Join(err, record.Close())
	}
	return errors.Join(save(file, record), record.Close())
}

// save writes all that r has into a file.
func save(file string, r io.Reader) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
