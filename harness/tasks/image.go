package tasks

import (
	"context"
	"io"

	"gossiprpc/harness/docker"
	"gossiprpc/harness/image"
	"gossiprpc/harness/settings"
)

// Image builds the container image.
func Image(ctx context.Context, out io.Writer, environ []string) error {
	v, err := settings.Read("image", environ)
	if err != nil {
		return err
	}
	return image.Build(ctx, image.Options{Dir: ".", Tag: v.Image, BuildBase: v.BuildBase, RunBase: v.RunBase, Out: out})
}

// Clean removes all containers and networks that the harness has made and left.
func Clean(ctx context.Context, out io.Writer) error { return docker.Clean(ctx, "", "", out) }
