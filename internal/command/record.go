package command

import (
	"fmt"
	"log/slog"
	"time"

	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
)

// Recording is the flight recorder of a process that was asked for one by
// --record. One that is nil records nothing.
type Recording struct {
	file     *recording.File
	header   recording.Header
	limit    int64
	recorder *recording.Recorder
}

// OpenRecording begins the file that --record names, for a process with these
// settings: the Config of its machine. An error means wrong use. Without --record
// the recording is nil.
func (f Flags) OpenRecording(k recording.Kind, self gossip.Address, settings any) (*Recording, error) {
	if f.Record == "" {
		return nil, nil
	}
	if f.RecordLimit < 0 {
		return nil, fmt.Errorf("--record-limit %d: want 0 (none) or more", f.RecordLimit)
	}
	header, err := recording.NewHeader(k, self, settings, config.Version(), time.Now())
	if err != nil {
		return nil, fmt.Errorf("--record: %w", err)
	}
	file, err := recording.Create(f.Record)
	if err != nil {
		return nil, fmt.Errorf("--record: %w", err)
	}
	return &Recording{file: file, header: header, limit: f.RecordLimit}, nil
}

// Wrap returns m with the recorder around it. It may be called once.
func (r *Recording) Wrap(m machine.Machine) machine.Machine {
	if r == nil {
		return m
	}
	r.recorder = recording.Wrap(m, r.file, r.header, r.limit)
	return r.recorder
}

// While runs the process that the wrapped machine is in, and returns what it
// returns. Only meanwhile does the record reach the disk.
func (r *Recording) While(log *slog.Logger, process func() error) error {
	if r == nil {
		return process()
	}
	err := r.file.While(func() error {
		err := process()
		r.recorder.End("")
		return err
	})
	if lost := r.file.Err(); lost != nil && r.recorder.Err() == nil {
		log.Warn("the recording is not complete", "err", lost)
	}
	return err
}
