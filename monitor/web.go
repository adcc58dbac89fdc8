package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"

	"github.com/alecthomas/kong"

	"gossiprpc/internal/command"
	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/guard"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/dashboard"
)

const dashboardDescription = `Shows a monitor, ours or an original, as a web page.

Example:
  monitor dashboard --monitor monitor-node:8000 --listen :5000`

type dashboardFlags struct {
	command.Calling
	Config   string     `help:"JSON file with these settings." type:"path" placeholder:"FILE"`
	Monitor  string     `help:"Where the monitor listens." default:"monitor-node:8000" placeholder:"NAME:PORT"`
	Listen   string     `help:"HOST:PORT to serve the page on; no host means all." default:":5000"`
	WebHost  string     `help:"${webhost}" placeholder:"NAME,..."`
	LogLevel slog.Level `help:"Lowest level logged: debug, info, warn or error." default:"warn"`
}

// webHost is the help of a flag that both commands have.
var webHost = kong.Vars{
	"webhost": "Names by which the web page may be asked for, beside localhost, this machine's name and IP addresses.",
}

// runDashboard is the command "monitor dashboard".
func runDashboard(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f dashboardFlags
	if code, done := config.Parse(&f, "monitor dashboard", dashboardDescription, args, stdout, stderr, webHost); done {
		return code
	}
	if _, err := gossip.ParseAddress(f.Monitor); err != nil {
		fmt.Fprintf(stderr, "monitor dashboard: --monitor: %v\n", err)
		return config.ExitWrongUse
	}
	if err := command.CheckListen(f.Listen); err != nil {
		fmt.Fprintf(stderr, "monitor dashboard: --listen %v\n", err)
		return config.ExitWrongUse
	}
	hosts, err := guard.ParseHosts(f.WebHost)
	if err != nil {
		fmt.Fprintf(stderr, "monitor dashboard: --web-host %v\n", err)
		return config.ExitWrongUse
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: f.LogLevel}))
	gate, err := f.Gate("", log)
	if err != nil {
		fmt.Fprintf(stderr, "monitor dashboard: %v\n", err)
		return config.ExitWrongUse
	}
	ctx, ended := command.WithSignals(ctx)
	l, err := command.ListenPage(ctx, f.Listen, webPage, "", stderr)
	if err == nil {
		err = serveWeb(ctx, gate.ListenPage(l), dashboard.Options{
			Monitor: wire.Monitor{HostPort: f.Monitor}, Logger: log, Hosts: hosts,
		}, gate.Client(xmlrpc.DefaultClientOptions()))
	}
	code := ended()
	if err != nil {
		fmt.Fprintf(stderr, "monitor dashboard: %v\n", err)
		return config.ExitFailed
	}
	return code
}

// webPage is what the page is called on standard error.
const webPage = "web page"

// serveWeb shows the monitor that it calls with these options.
func serveWeb(ctx context.Context, l net.Listener, o dashboard.Options, calls xmlrpc.ClientOptions) error {
	client, err := xmlrpc.NewClient(calls)
	if err != nil {
		return err
	}
	defer client.Close()
	o.Monitor.Client = client
	return dashboard.New(o).Serve(ctx, l)
}
