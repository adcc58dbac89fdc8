package command

import (
	"io"
	"log/slog"
)

// Flags are the settings that all three commands take; each embeds them in its
// own kong struct.
type Flags struct {
	Config      string     `help:"JSON file with these settings, such as one of config_files." type:"path" placeholder:"FILE"`
	Host        string     `help:"Read and ignored: the original's config files have it." hidden:""`
	Bind        string     `help:"Host or IP address to listen on; all when empty." placeholder:"HOST"`
	Advertise   string     `help:"Own name; found by reverse DNS when not given." placeholder:"NAME"`
	MaxBody     int64      `help:"Largest request or answer accepted, in bytes." default:"16777216"`
	Record      string     `help:"Write every event into this file, a flight recorder: go tool mage replay FILE." type:"path" placeholder:"FILE"`
	RecordLimit int64      `help:"Largest size of that file in bytes; 0: none." default:"268435456" placeholder:"BYTES"`
	LogLevel    slog.Level `help:"Lowest level logged: debug, info, warn or error." default:"warn"`
}

// Logger writes text lines of at least LogLevel.
func (f Flags) Logger(stderr io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: f.LogLevel}))
}
