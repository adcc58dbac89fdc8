// Package config settles what a command runs with: its command line, GOSSIP_*
// environment variables, a JSON config file, and defaults, in that order; and
// the name the process goes by in the cluster.
//
// In flow arguments, the environment and a file; out flow the fields of the
// command's own kong struct, or one line on standard error and exit code 2.
package config

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/alecthomas/kong"

	"gossiprpc/internal/gossip"
)

// Exit codes of the commands.
const (
	ExitOK       = 0
	ExitFailed   = 1
	ExitWrongUse = 2
)

// Parse fills the kong struct cli. A value comes from the flag, else from
// GOSSIP_<FLAG>, else from the JSON file that --config names, else from the
// default tag. Flags called port or *-port must be 1 to 65535.
//
// done tells the caller to end with code: help or the version was printed (0), or
// the use was wrong (2) and stderr has one line that says why.
func Parse(cli any, name, description string, args []string, stdout, stderr io.Writer, opts ...kong.Option) (code int, done bool) {
	var helped atomic.Bool
	file := &configFile{}
	all := append([]kong.Option{
		kong.Name(name),
		kong.Description(fmt.Sprintf("%s\n\n\"%s version\" prints what it was built from; \"%[2]s completion SHELL\" "+
			"a script for %s; \"%[2]s health HOST:PORT\" whether the process with those --metrics lives.",
			description, name, shellNames)),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped.Store(true) }),
		kong.DefaultEnvars("GOSSIP"),
		kong.WithBeforeResolve(file.load),
		kong.Resolvers(file),
	}, opts...)
	parser, err := kong.New(cli, all...)
	if err == nil {
		if said, code, asked := word(name, args, parser.Model.Flags); asked {
			out := stdout
			if code != ExitOK {
				out = stderr
			}
			fmt.Fprint(out, said)
			return code, true
		}
		var parsed *kong.Context
		parsed, err = parser.Parse(args)
		if helped.Load() {
			return ExitOK, true
		}
		if err == nil {
			err = checkPorts(parsed, file)
		}
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %s (see %s --help)\n", name, oneLine(err), name)
		return ExitWrongUse, true
	}
	return ExitOK, false
}

// configFile is the kong resolver behind --config. Kong lets a resolver beat
// the environment, so it stands back where the environment has a word.
type configFile struct {
	path   string
	loaded bool
	values map[string]string
}

func (f *configFile) Validate(*kong.Application) error { return nil }

func (f *configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if envName(flag) != "" {
		return nil, nil
	}
	if v, ok := f.values[flag.Name]; ok {
		return v, nil
	}
	return nil, nil
}

// load runs when flags and environment are known and before kong resolves the
// rest. Kong calls it once for each part of the command line.
func (f *configFile) load(ctx *kong.Context) error {
	if f.loaded {
		return nil
	}
	f.loaded = true
	fields := []Field{{Name: "host", Kind: String}}
	for _, flag := range ctx.Flags() {
		switch flag.Name {
		case "help", "host":
		case "config":
			f.path, _ = ctx.FlagValue(flag).(string)
		default:
			fields = append(fields, Field{Name: flag.Name, Kind: kindOf(flag.Target.Type())})
		}
	}
	if f.path == "" {
		return nil
	}
	values, err := Load(f.path, fields)
	if err != nil {
		return err
	}
	// The original's files say "host": "localhost", which is nobody's name.
	delete(values, "host")
	f.values = values
	return nil
}

// source says where a flag's value came from, for an error about it.
func (f *configFile) source(ctx *kong.Context, flag *kong.Flag) string {
	for _, p := range ctx.Path {
		if p.Flag == flag && !p.Resolved {
			return "--" + flag.Name
		}
	}
	if env := envName(flag); env != "" {
		return env
	}
	if _, ok := f.values[flag.Name]; ok {
		return fmt.Sprintf("%s: field %q", f.path, fieldName(flag.Name))
	}
	return "--" + flag.Name
}

func checkPorts(ctx *kong.Context, f *configFile) error {
	for _, flag := range ctx.Flags() {
		if flag.Name != "port" && !strings.HasSuffix(flag.Name, "-port") {
			continue
		}
		if flag.Target.Kind() != reflect.Int {
			continue
		}
		if port := int(flag.Target.Int()); gossip.CheckPort(port) != nil {
			return fmt.Errorf("%s: %d is no port, want 1 to 65535", f.source(ctx, flag), port)
		}
	}
	return nil
}

func envName(flag *kong.Flag) string {
	for _, env := range flag.Tag.Envs {
		if _, ok := os.LookupEnv(env); ok {
			return env
		}
	}
	return ""
}

func fieldName(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
