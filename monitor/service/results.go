package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gossiprpc/internal/xmlrpc"
)

// Results is what results.txt holds. While there is no file it is the fault that
// Python answers.
func (s *Service) Results(context.Context) (string, error) {
	text, err := os.ReadFile(s.results)
	if errors.Is(err, fs.ErrNotExist) {
		return "", &xmlrpc.Fault{Code: 1, Text: fmt.Sprintf(
			"<class 'FileNotFoundError'>:[Errno 2] No such file or directory: '%s'", filepath.Base(s.results))}
	}
	if err != nil {
		return "", fmt.Errorf("read results: %w", err)
	}
	return string(text), nil
}
