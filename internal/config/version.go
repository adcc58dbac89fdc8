package config

import (
	"fmt"
	"runtime/debug"
)

// Version is what the program was built from, by the build's own information: the
// module's version, the commit if it is known, and Go's version.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			v += " " + s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			v += " modified"
		}
	}
	return fmt.Sprintf("%s, %s", v, info.GoVersion)
}
