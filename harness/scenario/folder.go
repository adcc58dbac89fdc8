package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// folder is what a run leaves behind:
//
//	script.txt     the scenario as it was given
//	log.txt        what the harness said, with times since the cluster's start
//	engine.txt     the script engine's own log
//	events.jsonl   what was done and seen, for machines
//	*.log, *.out   standard error and output of each process (local)
//	results.*      the monitor's
//	verdict.json   pass, fail or unknown, why, and the cases
type folder struct {
	path   string
	events *os.File
	lines  *os.File
	told   func(event []byte) // nil: nobody
	err    error              // the first failure to write; reported at the end
}

// newFolder makes a folder of its own under root. Git is told to leave root
// alone.
func newFolder(root, name string, now time.Time) (*folder, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("folder for runs: %w", err)
	}
	ignore := filepath.Join(root, ".gitignore")
	if _, err := os.Stat(ignore); errors.Is(err, os.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o644); err != nil {
			return nil, fmt.Errorf("folder for runs: %w", err)
		}
	}
	base := filepath.Join(root, now.Format("20060102-150405")+"-"+name)
	path := base
	for i := 2; ; i++ {
		err := os.Mkdir(path, 0o755)
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("folder for this run: %w", err)
		}
		path = fmt.Sprintf("%s-%d", base, i)
	}
	f := &folder{path: path}
	if f.events, err = os.Create(filepath.Join(path, "events.jsonl")); err != nil {
		return nil, err
	}
	if f.lines, err = os.Create(filepath.Join(path, "log.txt")); err != nil {
		return nil, errors.Join(err, f.events.Close())
	}
	return f, nil
}

func (f *folder) event(at time.Duration, what string, detail any) {
	line, err := json.Marshal(map[string]any{"at_s": at.Seconds(), "time": time.Now(), "event": what, "detail": detail})
	if err == nil {
		_, err = f.events.Write(append(line, '\n'))
	}
	if err == nil && f.told != nil {
		f.told(line)
	}
	f.note(err)
}

func (f *folder) log(at time.Duration, text string) {
	_, err := fmt.Fprintf(f.lines, "%8.2f  %s\n", at.Seconds(), strings.TrimSpace(text))
	f.note(err)
}

// keep writes a whole file, unless there is nothing to write or the backend has
// put it there itself.
func (f *folder) keep(name string, text []byte) error {
	path := filepath.Join(f.path, name)
	if _, err := os.Stat(path); err == nil || len(text) == 0 {
		return nil
	}
	return os.WriteFile(path, text, 0o644)
}

func (f *folder) note(err error) {
	if f.err == nil {
		f.err = err
	}
}

// finish writes how the run ended, which tells those who follow it that it has.
func (f *folder) finish(o Outcome) error {
	return errors.Join(writeJSON(filepath.Join(f.path, "verdict.json"), o), f.close())
}

func (f *folder) close() error {
	return errors.Join(f.err, f.events.Close(), f.lines.Close())
}
