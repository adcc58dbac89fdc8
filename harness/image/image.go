// Package image builds the project's container image with the docker command. Where
// the Dockerfile's bases cannot be pulled it builds stand-ins for them first.
//
// The repository's folder and what the machine has (docker, its Go tree, its apt
// sources) go in; an image named by [Options] comes out.
package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// ErrNoEngine is wrapped when no Docker engine answers, or there is no docker
// command to ask one with.
var ErrNoEngine = errors.New("no docker engine")

// Options say what to build. The zero value of a field but Dir has a default.
type Options struct {
	Dir       string    // the repository
	Tag       string    // of the image; "gossip"
	BuildBase string    // an image with Go; what the Dockerfile says
	RunBase   string    // an image with bash and useradd; what the Dockerfile says
	Out       io.Writer // progress for people; discarded
}

// MaxAdded is what the image may add to its base, in bytes.
const MaxAdded = 40 << 20

// Build makes the image. Stand-ins made by an earlier call are used again.
func Build(ctx context.Context, o Options) error {
	if o.Tag == "" {
		o.Tag = "gossip"
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if _, err := output(ctx, "docker", "version", "--format", "{{.Server.Version}}"); err != nil {
		return fmt.Errorf("%w: %w", ErrNoEngine, err)
	}
	text, err := os.ReadFile(filepath.Join(o.Dir, "Dockerfile"))
	if err != nil {
		return err
	}
	bases, err := o.bases(ctx, string(text))
	if err != nil {
		return err
	}
	source, err := Source(o.Dir)
	if err != nil {
		return err
	}
	args := []string{
		"build", "-t", o.Tag, "--label", sourceLabel + "=" + source,
		"--build-arg", "BUILD_BASE=" + bases.build, "--build-arg", "RUN_BASE=" + bases.run,
	}
	if proxy, err := output(ctx, "go", "env", "GOPROXY"); err == nil {
		args = append(args, "--build-arg", "GOPROXY="+proxy)
	}
	if bases.standIns {
		// The proxy may be one that only this machine's own network reaches.
		args = append(args, "--network", "host")
	}
	fmt.Fprintf(o.Out, "building %s from %s and %s\n", o.Tag, bases.build, bases.run)
	if err := stream(ctx, o.Out, "docker", append(args, o.Dir)...); err != nil {
		return fmt.Errorf("build image %s: %w", o.Tag, err)
	}
	return o.weigh(ctx, bases.run)
}

// weigh fails if the image adds more to its base than [MaxAdded].
func (o Options) weigh(ctx context.Context, base string) error {
	added, err := Added(ctx, o.Tag, base)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "%s adds %.1f MB to its base\n", o.Tag, float64(added)/1e6)
	if added > MaxAdded {
		return fmt.Errorf("image %s adds %d bytes to its base, more than %d", o.Tag, added, MaxAdded)
	}
	return nil
}

// Added returns how many bytes larger an image is than its base.
func Added(ctx context.Context, tag, base string) (int64, error) {
	var sizes [2]int64
	for i, name := range []string{tag, base} {
		text, err := output(ctx, "docker", "image", "inspect", "--format", "{{.Size}}", name)
		if err != nil {
			return 0, err
		}
		if sizes[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return 0, fmt.Errorf("size of image %s: %w", name, err)
		}
	}
	return sizes[0] - sizes[1], nil
}

type bases struct {
	build, run string
	standIns   bool
}

// bases finds images to build from: those asked for, those the Dockerfile
// names, or stand-ins.
func (o Options) bases(ctx context.Context, dockerfile string) (bases, error) {
	b := bases{build: o.BuildBase, run: o.RunBase}
	for name, base := range map[string]*string{"BUILD_BASE": &b.build, "RUN_BASE": &b.run} {
		if *base != "" {
			continue
		}
		def, ok := argument(dockerfile, name)
		if !ok {
			return bases{}, fmt.Errorf("the Dockerfile has no line ARG %s=IMAGE", name)
		}
		*base = def
	}
	err := o.fetch(ctx, b.build, b.run)
	if err == nil {
		return b, nil
	}
	if o.BuildBase != "" || o.RunBase != "" {
		// The user named these images; no others will do.
		return bases{}, err
	}
	fmt.Fprintf(o.Out, "%v: making stand-ins for the base images on this machine\n", err)
	return o.standIns(ctx)
}

// fetch pulls the images that are not on this machine yet.
func (o Options) fetch(ctx context.Context, names ...string) error {
	for _, name := range names {
		if exists(ctx, name) {
			continue
		}
		if _, err := output(ctx, "docker", "pull", "--quiet", name); err != nil {
			return fmt.Errorf("base image %s: %w", name, err)
		}
	}
	return nil
}

func exists(ctx context.Context, name string) bool {
	_, err := output(ctx, "docker", "image", "inspect", "--format", "{{.Id}}", name)
	return err == nil
}

// argument is the default of a Dockerfile's ARG.
func argument(dockerfile, name string) (string, bool) {
	m := regexp.MustCompile(`(?m)^ARG ` + regexp.QuoteMeta(name) + `=(\S+)\s*$`).FindStringSubmatch(dockerfile)
	if m == nil {
		return "", false
	}
	return strings.Trim(m[1], `"`), true
}
