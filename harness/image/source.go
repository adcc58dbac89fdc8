package image

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sourceLabel is on an image that Build has made; see [Source].
const sourceLabel = "gossiprpc.source"

// inImage are the parts of the repository that the Dockerfile copies.
var inImage = []string{
	"Dockerfile", "go.mod", "go.sum", "internal", "gossipnode", "provider", "monitor",
	"config_files",
}

// Source returns a checksum of all files that an image is made of.
func Source(dir string) (string, error) {
	sum := sha256.New()
	for _, part := range inImage {
		err := filepath.WalkDir(filepath.Join(dir, part), func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			if !entry.Type().IsRegular() || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			relative, err := filepath.Rel(dir, name)
			if err != nil {
				return err
			}
			f, err := os.Open(name)
			if err != nil {
				return err
			}
			defer f.Close()
			fmt.Fprintf(sum, "\x00%s\x00", filepath.ToSlash(relative))
			_, err = io.Copy(sum, f)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("sum of the source: %w", err)
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// Stale tells whether [Build] made an image from another source than the repository
// holds now. It returns false for images that somebody else has built: it knows
// nothing of their source.
func Stale(ctx context.Context, dir, tag string) (bool, error) {
	now, err := Source(dir)
	if err != nil {
		return false, err
	}
	then, err := output(ctx, "docker", "image", "inspect", "--format", `{{index .Config.Labels "`+sourceLabel+`"}}`, tag)
	return err == nil && then != "" && then != now, err
}
