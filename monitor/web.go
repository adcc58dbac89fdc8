package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"

	"gossiprpc/internal/command"
	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/dashboard"
)

const dashboardDescription = `Shows a monitor, ours or an original, as a web page.

Example:
  monitor dashboard --monitor monitor-node:8000 --listen :5000`

type dashboardFlags struct {
	Config   string     `help:"JSON file with these settings." type:"path" placeholder:"FILE"`
	Monitor  string     `help:"Where the monitor listens." default:"monitor-node:8000" placeholder:"NAME:PORT"`
	Listen   string     `help:"HOST:PORT to serve the page on; no host means all." default:":5000"`
	LogLevel slog.Level `help:"Lowest level logged: debug, info, warn or error." default:"warn"`
}

// runDashboard is the command "monitor dashboard".
func runDashboard(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f dashboardFlags
	if code, done := config.Parse(&f, "monitor dashboard", dashboardDescription, args, stdout, stderr); done {
		return code
	}
	if _, err := gossip.ParseAddress(f.Monitor); err != nil {
		fmt.Fprintf(stderr, "monitor dashboard: --monitor: %v\n", err)
		return config.ExitWrongUse
	}
	if err := checkListen(f.Listen); err != nil {
		fmt.Fprintf(stderr, "monitor dashboard: --listen %v\n", err)
		return config.ExitWrongUse
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: f.LogLevel}))
	ctx, ended := command.WithSignals(ctx)
	l, err := listenWeb(ctx, f.Listen, stderr)
	if err == nil {
		err = serveWeb(ctx, l, f.Monitor, log)
	}
	code := ended()
	if err != nil {
		fmt.Fprintf(stderr, "monitor dashboard: %v\n", err)
		return config.ExitFailed
	}
	return code
}

func checkListen(at string) error {
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		return fmt.Errorf("%q: want HOST:PORT, or :PORT for all addresses", at)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("%q: port %q is not a number", at, port)
	}
	if err := gossip.CheckPort(n); err != nil {
		return fmt.Errorf("%q: %w", at, err)
	}
	return nil
}

func listenWeb(ctx context.Context, at string, stderr io.Writer) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("web page: %w", err)
	}
	fmt.Fprintf(stderr, "web page on http://%s\n", l.Addr())
	return l, nil
}

func serveWeb(ctx context.Context, l net.Listener, monitor string, log *slog.Logger) error {
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		return err
	}
	defer client.Close()
	return dashboard.New(wire.Monitor{Client: client, HostPort: monitor}, log).Serve(ctx, l)
}

// reachable is where a process finds its own listener: one on all addresses is
// found on loopback.
func reachable(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return l.Addr().String()
}
