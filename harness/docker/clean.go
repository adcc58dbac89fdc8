package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/moby/client"
)

// Clean removes every container and network with [Label] and this prefix ("":
// any), those of clusters that are running included, and says what. host is as
// in [Backend].
func Clean(ctx context.Context, host, prefix string, out io.Writer) (err error) {
	engine, err := Dial(ctx, host)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	label := Label
	if prefix != "" {
		label += "=" + prefix
	}
	labelled := client.Filters{}.Add("label", label)
	containers, err := engine.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: labelled})
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	for _, c := range containers.Items {
		fmt.Fprintf(out, "removing container %s\n", strings.TrimPrefix(strings.Join(c.Names, " "), "/"))
		err = errors.Join(err, removeContainer(ctx, engine, c.ID))
	}
	networks, errList := engine.NetworkList(ctx, client.NetworkListOptions{Filters: labelled})
	if errList != nil {
		return errors.Join(err, fmt.Errorf("list networks: %w", errList))
	}
	for _, n := range networks.Items {
		fmt.Fprintf(out, "removing network %s\n", n.Name)
		err = errors.Join(err, removeNetwork(ctx, engine, n.ID))
	}
	return err
}
