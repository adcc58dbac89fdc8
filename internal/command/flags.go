package command

import (
	"io"
	"log/slog"
)

// Flags are the settings that all three commands take; each embeds them in its
// own kong struct.
type Flags struct {
	Config    string     `help:"JSON file with these settings, such as one of config_files." type:"path" placeholder:"FILE"`
	Host      string     `help:"Read and ignored: the original's config files have it." hidden:""`
	Bind      string     `help:"Host or IP address to listen on; all when empty." placeholder:"HOST"`
	Advertise string     `help:"Own name; found by reverse DNS when not given." placeholder:"NAME"`
	MaxBody   int64      `help:"Largest request or answer accepted, in bytes." default:"16777216"`
	LogLevel  slog.Level `help:"Lowest level logged: debug, info, warn or error." default:"warn"`
}

// Logger writes text lines of at least LogLevel.
func (f Flags) Logger(stderr io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: f.LogLevel}))
}
