package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// healthLimit is how long a process may take to say that it lives. It is below the 5 s
// that container engines are usually told to wait.
const healthLimit = 4 * time.Second

// health asks the process whose --metrics are served on HOST:PORT whether it lives, for
// images that have neither a shell nor curl. code says what an error means.
func health(ctx context.Context, args []string) (code int, err error) {
	if len(args) != 1 {
		return ExitWrongUse, fmt.Errorf("health %s: want one HOST:PORT, that of --metrics", strings.Join(args, " "))
	}
	host, port, err := net.SplitHostPort(args[0])
	if err != nil {
		return ExitWrongUse, fmt.Errorf("health %s: want HOST:PORT, that of --metrics: %w", args[0], err)
	}
	if host == "" {
		host = "127.0.0.1" // --metrics takes :9100 too
	}
	return ExitFailed, askHealth(ctx, "http://"+net.JoinHostPort(host, port)+"/healthz")
}

func askHealth(ctx context.Context, url string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, healthLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true} // straight there, whatever proxy the environment names
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	said, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, strings.TrimSpace(string(said)))
	}
	return err
}
