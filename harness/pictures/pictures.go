// Package pictures makes the pictures of README.md: runs in virtual time go in, and
// what the viewer shows of them in Chromium comes out, as two screenshots and one
// moving picture.
package pictures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"

	"gossiprpc/internal/viewer"
)

// Task makes all pictures in a folder.
func Task(ctx context.Context, out io.Writer, dir string) error {
	program, err := chromium()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	few, err := simulate(8)
	if err != nil {
		return err
	}
	many, err := simulate(32)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		file  string
		of    *run
		theme string
		make  func(context.Context, *run) ([]byte, error)
	}{
		{"ring.png", few, "light", still},
		{"dark.png", many, "dark", still},
		{"death.gif", few, "light", moving},
	} {
		picture, err := p.of.show(ctx, program, p.theme, p.make)
		if err != nil {
			return fmt.Errorf("%s: %w", p.file, err)
		}
		path := filepath.Join(dir, p.file)
		if err := os.WriteFile(path, picture, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d kB\n", path, len(picture)/1000)
	}
	return nil
}

func chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no chromium here, which draws the pictures")
}

// show opens the run's page in a browser, with the node selected that dies, and makes a
// picture there.
func (r *run) show(
	ctx context.Context, program, theme string, picture func(context.Context, *run) ([]byte, error),
) ([]byte, error) {
	mux := http.NewServeMux()
	viewer.Serve(mux, func() viewer.PageConfig {
		return viewer.PageConfig{Streams: []viewer.Feed{{NDJSON: "run.ndjson"}}}
	})
	mux.HandleFunc("GET /run.ndjson", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(r.lines) // a browser that has gone needs no answer
	})
	server := httptest.NewServer(viewer.Secure(mux))
	defer server.Close()
	profile, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(profile) }()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	ctx, endBrowser := chromedp.NewExecAllocator(ctx, chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.Headless,
		chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("hide-scrollbars", true))
	defer endBrowser()
	ctx, closeTab := chromedp.NewContext(ctx)
	defer closeTab()
	address := fmt.Sprintf("%s/#t=%f&node=%d&theme=%s", server.URL, r.killed.Seconds(), r.victim, theme)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(address)); err != nil {
		return nil, err
	}
	_, err = chromedp.Run(ctx, chromedp.Poll[bool](fmt.Sprintf(
		`Boolean(window.gossip && gossip.views[0].state?.n > 0 && gossip.views[0].chosen[0] === %d)`, r.victim-1)))
	if err != nil {
		return nil, fmt.Errorf("the page has not loaded: %w", err)
	}
	return picture(ctx, r)
}

// look has the page show an instant, and returns what it draws.
func look(ctx context.Context, at time.Duration) ([]byte, error) {
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(`(async () => {
		gossip.seek(%f);
		for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
		return true;
	})()`, at.Seconds()), chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, err
	}
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

// still is the moment before the verdict.
func still(ctx context.Context, r *run) ([]byte, error) {
	return look(ctx, r.found-300*time.Millisecond)
}

const (
	frames = 40
	// lead is how much is shown before the kill and after the verdict.
	lead = 1500 * time.Millisecond
)

// moving goes from before the kill to after the verdict.
func moving(ctx context.Context, r *run) ([]byte, error) {
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(960, 720)); err != nil {
		return nil, err
	}
	from, to := r.killed-lead, r.found+lead
	var shots []image.Image
	for i := range frames {
		shot, err := look(ctx, from+(to-from)*time.Duration(i)/(frames-1))
		if err != nil {
			return nil, err
		}
		decoded, err := png.Decode(bytes.NewReader(shot))
		if err != nil {
			return nil, err
		}
		shots = append(shots, decoded)
	}
	return animate(shots)
}
