package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
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

// copying is a record that is being copied as it grows.
type copying struct {
	conn  client.HijackedResponse
	ended chan struct{} // closed when nothing more is written
}

// followRecord begins to copy the record of a process's present life.
func (c *cluster) followRecord(ctx context.Context, p *process) error {
	file := c.recordFile(p)
	if !c.follow || file == "" {
		return nil
	}
	made, err := c.engine.ExecCreate(ctx, p.container, client.ExecCreateOptions{
		AttachStdout: true, AttachStderr: true,
		// By name: the process makes the file when it starts.
		Cmd: []string{"tail", "-c", "+1", "-s", "0.1", "-F", path.Join(homeDir, recordName(p.lives))},
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	to, err := os.Create(file)
	if err != nil {
		return err
	}
	attached, err := c.engine.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return errors.Join(err, to.Close())
	}
	f := &copying{conn: attached.HijackedResponse, ended: make(chan struct{})}
	p.copies = append(p.copies, f)
	c.readers.Go(func() {
		defer close(f.ended)
		defer to.Close()
		_, _ = stdcopy.StdCopy(to, io.Discard, f.conn.Reader) // what is missing at the end is fetched then
	})
	return nil
}

// unfollow ends all copying, so that what is missing can be fetched.
func (p *process) unfollow() {
	for _, f := range p.copies {
		f.conn.Close()
		<-f.ended
	}
	p.copies = nil
}

// fetchRecords copies the records of all lives out of the containers.
func (c *cluster) fetchRecords(ctx context.Context) error {
	var failed error
	for _, p := range c.processes {
		if p.other || p.container == "" {
			continue
		}
		p.unfollow()
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

// save writes what r has into a file, from where the file ends: whoever follows it has
// read that far.
func save(file string, r io.Reader) error {
	f, err := appendTo(file)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = io.CopyN(io.Discard, r, info.Size())
	}
	if err == nil {
		_, err = io.Copy(f, r)
	}
	return errors.Join(err, f.Close())
}
