package config

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// words are what a command takes beside flags.
var words = []string{"version", "completion", "health"}

// word does what the first word of a command line asks for. asked is false if that is no
// word of all commands. said is for standard error unless code is ExitOK.
func word(name string, args []string, flags []*kong.Flag) (said string, code int, asked bool) {
	if len(args) == 0 {
		return "", 0, false
	}
	var err error
	switch {
	case asksVersion(args, slices.ContainsFunc(flags, func(f *kong.Flag) bool { return f.Name == "version" })):
		return fmt.Sprintf("%s %s\n", name, Version()), ExitOK, true
	case args[0] == "completion" && !strings.Contains(name, " "): // shells know programs only
		said, err = completion(name, args[1:], flags)
		code = ExitWrongUse
	case args[0] == "health":
		code, err = health(context.Background(), args[1:])
	default:
		return "", 0, false
	}
	if err != nil {
		return fmt.Sprintf("%s: %v\n", name, err), code, true
	}
	return said, ExitOK, true
}

// asksVersion tells whether the command line asks for nothing but the version. A
// command that has a setting of that name, as the provider, takes only the word.
func asksVersion(args []string, settingOfThatName bool) bool {
	return len(args) == 1 && (args[0] == "version" || args[0] == "--version" && !settingOfThatName)
}
