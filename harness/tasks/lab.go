package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gossiprpc/harness/docker"
	"gossiprpc/harness/lab"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/sim"
)

// LabExport writes a run's page, one file that needs no server, into its folder.
func LabExport(ctx context.Context, out io.Writer, run string) error {
	path, err := lab.Export(ctx, run)
	if path != "" {
		fmt.Fprintln(out, path)
	}
	return replayError(err)
}

// LabOpen shows runs in a browser, on one axis of time, until it is interrupted.
func LabOpen(ctx context.Context, out io.Writer, runs ...string) error {
	for _, run := range runs {
		if run == "" {
			return settings.WrongUse{Err: errors.New("which run? Want its folder, such as runs/20261124-215526-single-rr-8")}
		}
	}
	return replayError(lab.Open(ctx, runs, func(address string) {
		fmt.Fprintf(out, "%s/\n(Ctrl-C ends it)\n", address)
	}))
}

// LabSite writes a lab that needs no server but one of plain files.
func LabSite(ctx context.Context, out io.Writer, dir string) error {
	if dir == "" {
		return settings.WrongUse{Err: errors.New("lab:site: where to? Want a folder, such as site")}
	}
	if err := lab.Site(ctx, dir); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: for any web host, such as: python3 -m http.server -d %s\n", dir, dir)
	return nil
}

// Lab starts a cluster on this machine and shows it, with controls, until it is
// interrupted.
func Lab(ctx context.Context, out io.Writer, environ []string) error {
	v, err := settings.Read("lab", environ)
	if err != nil {
		return err
	}
	if v.Backend == "" {
		v.Backend = "local"
	}
	if v.Backend == "swarm" {
		return settings.Wrongf("BACKEND=swarm: the records of a stack cannot be followed, want local, docker or sim")
	}
	o, err := options(v, out)
	if err != nil {
		return err
	}
	if v.Nodes > lab.MostNodes {
		return settings.WrongUse{Err: fmt.Errorf("NODES=%d: the lab shows 2 to %d nodes", v.Nodes, lab.MostNodes)}
	}
	if containers, ok := o.Backend.(*docker.Backend); ok {
		containers.Follow = true
	}
	paced := v.Backend == "sim"
	if paced {
		o.Backend = sim.Backend{Live: true}
	}
	return lab.Run(ctx, o, paced, func(address string) {
		fmt.Fprintf(out, "\n%s\n(Ctrl-C ends it; who knows this address can act on the cluster)\n\n", address)
	})
}
