package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/testcase"
)

// finished is a result on its way to the disk, and the question which protocol
// it was, which a short case may have overtaken.
type finished struct {
	result   testcase.Result
	protocol *lookup
}

// conclude writes a result and tells of it.
func (s *Service) conclude(f finished) {
	if p, ok := f.protocol.get(); ok {
		f.result.Protocol = &p.Name
	}
	s.options.Ended(f.result, s.write(f.result))
}

func (s *Service) write(r testcase.Result) error {
	line, err := r.Line()
	return errors.Join(
		appendTo(s.options.Results, []byte(r.File())),
		err,
		appendTo(jsonLines(s.options.Results), line),
	)
}

// jsonLines is results.jsonl for results.txt.
func jsonLines(results string) string {
	return strings.TrimSuffix(results, filepath.Ext(results)) + ".jsonl"
}

// appendTo writes at once and syncs: a reader, or a crash, sees a whole block
// or none.
func appendTo(path string, text []byte) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("append result: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("append result: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("append result: %w", err)
	}
	return nil
}

// Results is what results.txt holds. While there is no file it is the fault that
// Python answers.
func (s *Service) Results(context.Context) (string, error) {
	text, err := os.ReadFile(s.options.Results)
	if errors.Is(err, fs.ErrNotExist) {
		return "", &xmlrpc.Fault{Code: 1, Text: fmt.Sprintf(
			"<class 'FileNotFoundError'>:[Errno 2] No such file or directory: '%s'", filepath.Base(s.options.Results))}
	}
	if err != nil {
		return "", fmt.Errorf("read results: %w", err)
	}
	return string(text), nil
}
