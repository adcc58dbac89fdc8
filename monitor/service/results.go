package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"gossiprpc/internal/regular"
	"gossiprpc/internal/xmlrpc"
)

// maxResults is how much of results.txt is sent, in bytes.
const maxResults = 1 << 20

// Results is what results.txt holds; of a very long one the end, from a whole line
// on. While there is no file it is the fault that Python answers.
func (s *Service) Results(context.Context) (string, error) {
	text, err := s.readResults()
	if errors.Is(err, fs.ErrNotExist) {
		return "", &xmlrpc.Fault{Code: 1, Text: fmt.Sprintf(
			"<class 'FileNotFoundError'>:[Errno 2] No such file or directory: '%s'", filepath.Base(s.results))}
	}
	if err != nil {
		return "", fmt.Errorf("read results: %w", err)
	}
	return text, nil
}

func (s *Service) readResults() (string, error) {
	f, err := regular.Open(s.results)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	from := max(0, info.Size()-maxResults)
	text, err := io.ReadAll(io.NewSectionReader(f, from, maxResults))
	if err != nil || from == 0 {
		return string(text), err
	}
	_, lines, _ := strings.Cut(string(text), "\n")
	left := info.Size() - int64(len(lines))
	return fmt.Sprintf("(the first %d bytes of the file are left out)\n%s", left, lines), nil
}
