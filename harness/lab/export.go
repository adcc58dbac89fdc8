// Package lab shows clusters to people: runs that are over as a page that is served,
// or as one file; and a cluster that is running, with what it takes to act on it.
//
// Runs' folders and a harness.Backend go in; HTTP on loopback and HTML files come
// out. The page is internal/viewer's.
package lab

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"gossiprpc/internal/viewer"
)

// PageFile is the name of a run's page, in the run's folder.
const PageFile = "run.html"

// Export writes a page that shows a run, and needs neither a server nor a network,
// into the run's folder, and returns its path. Where a record is damaged the page has
// what comes before, and the error says so.
func Export(ctx context.Context, run string) (string, error) {
	name := PageFile
	folder := run
	if info, err := os.Stat(run); err == nil && !info.IsDir() {
		folder, name = filepath.Dir(run), filepath.Base(run)+".html"
	}
	var stream bytes.Buffer
	err := writeRun(ctx, &stream, run)
	if stream.Len() == 0 {
		return "", err
	}
	page, pageErr := selfContained(viewer.Assets(), [][]byte{stream.Bytes()}, []string{filepath.Base(folder)})
	if pageErr != nil {
		return "", pageErr
	}
	path := filepath.Join(folder, name)
	if e := os.WriteFile(path, page, 0o644); e != nil {
		return "", fmt.Errorf("export: %w", e)
	}
	return path, err
}

var (
	stylePlace  = regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)">`)
	scriptPlace = regexp.MustCompile(`<script type="module" src="([^"]+)"></script>`)
	headPlace   = regexp.MustCompile(`<head>`)
	bodyEnd     = regexp.MustCompile(`</body>`)
)

// selfContained is the page with its style, its script and some streams in it.
func selfContained(assets fs.FS, streams [][]byte, names []string) ([]byte, error) {
	var c viewer.PageConfig
	var elements bytes.Buffer
	for i, s := range streams {
		id := fmt.Sprintf("record%d", i+1)
		c.Streams = append(c.Streams, viewer.Feed{Name: names[i], Element: id, Gzip: true})
		fmt.Fprintf(&elements, "<script type=\"application/x-ndjson\" id=%q>", id)
		if err := pack(&elements, s); err != nil {
			return nil, err
		}
		elements.WriteString("</script>\n")
	}
	c, err := withAuthors(c)
	if err != nil {
		return nil, err
	}
	page, err := viewer.Page(assets, c)
	if err != nil {
		return nil, err
	}
	style, err := bundlePlace(assets, page, stylePlace)
	if err != nil {
		return nil, err
	}
	script, err := bundlePlace(assets, page, scriptPlace)
	if err != nil {
		return nil, err
	}
	policy := fmt.Sprintf(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '%s'; `+
		`style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'">`, hash(script), hash(style))
	for _, part := range []struct {
		place *regexp.Regexp
		text  string
	}{
		{stylePlace, "<style>" + style + "</style>"},
		{scriptPlace, `<script type="module">` + script + "</script>"},
		{headPlace, "<head>\n" + policy},
		{bodyEnd, elements.String() + "</body>"},
	} {
		page = part.place.ReplaceAllLiteral(page, []byte(part.text))
	}
	return page, nil
}

// bundlePlace bundles what index.html loads at a place.
func bundlePlace(assets fs.FS, page []byte, place *regexp.Regexp) (string, error) {
	found := place.FindAllSubmatch(page, -1)
	if len(found) != 1 {
		return "", fmt.Errorf("export: index.html has %d places like %v, want 1", len(found), place)
	}
	return bundle(assets, string(found[0][1]))
}

// hash is how a content security policy names a script or style.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// pack writes text compressed, in characters that HTML has no use for.
func pack(w io.Writer, text []byte) error {
	encoded := base64.NewEncoder(base64.StdEncoding, w)
	z, err := gzip.NewWriterLevel(encoded, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = z.Write(text)
	return errors.Join(err, z.Close(), encoded.Close())
}
