package command

import (
	"io"
	"log/slog"
	"time"

	"gossiprpc/internal/admission"
)

// Flags are the settings that all three commands take; each embeds them in its
// own kong struct.
type Flags struct {
	Config    string `help:"JSON file with these settings, such as one of config_files." type:"path" placeholder:"FILE"`
	Host      string `help:"Read and ignored: the original's config files have it." hidden:""`
	Bind      string `help:"Host or IP address to listen on; all when empty." placeholder:"HOST"`
	Advertise string `help:"Own name; found by reverse DNS when not given." placeholder:"NAME"`
	Admission
	MaxBody     int64      `help:"Largest request or answer accepted, in bytes." default:"16777216"`
	Memory      int64      `help:"What all connections together may hold, in bytes; callers wait for it, then get status 503." default:"134217728" placeholder:"BYTES"`
	Connections int        `help:"Connections accepted at a time, three quarters of them from one address; 0: 4096, or half of the process's descriptors." default:"0" placeholder:"N"`
	Record      string     `help:"Write every event into this file, a flight recorder: go tool mage replay FILE." type:"path" placeholder:"FILE"`
	RecordLimit int64      `help:"Largest size of that file in bytes; 0: none." default:"268435456" placeholder:"BYTES"`
	LogLevel    slog.Level `help:"Lowest level logged: debug, info, warn or error." default:"warn"`
	Watched
}

// Intervals are the settings that a node and its monitor must have in common.
type Intervals struct {
	Profile   string         `help:"Intervals that are not given one by one: original (1s, 3s, 10s) or lan (200ms, 200ms, 2s)." enum:"original,lan" default:"original"`
	Heartbeat *time.Duration `help:"Between two heartbeats of a node." placeholder:"1s"`
	Gossip    *time.Duration `help:"Between two gossip rounds." placeholder:"3s"`
	Fail      *time.Duration `help:"Silence after which a node is suspected." placeholder:"10s"`
}

// Admission are the settings of who may speak to a process.
type Admission struct {
	Calling
	VerifySender bool `help:"Take a call only from an address that the name it speaks for resolves to."`
}

// Calling are those that a process has even if nobody but viewers calls it.
type Calling struct {
	Allow    string `help:"Networks that may connect, such as 10.0.0.0/8,127.0.0.1; all when empty." placeholder:"CIDR,..."`
	CallFrom string `help:"IP address of this machine that calls are made from, such as the one that others resolve the name to; the system's choice when empty." placeholder:"IP"`
	Cluster  string `help:"Name of the cluster; calls of others are refused, those of originals too." placeholder:"NAME"`
	TLSCert  string `name:"tls-cert" help:"Certificate of this process, in PEM: it speaks TLS 1.3, and to such alone." type:"path" placeholder:"FILE"`
	TLSKey   string `name:"tls-key" help:"Private key of that certificate." type:"path" placeholder:"FILE"`
	TLSCA    string `name:"tls-ca" help:"Authority that all certificates of the cluster are of." type:"path" placeholder:"FILE"`
	TLSPlain string `name:"tls-plain" help:"Hosts that speak without TLS even so, such as original nodes." placeholder:"HOST,..."`
}

// Gate is who may speak to the process that others call by the name host. An error
// means wrong use.
func (a Admission) Gate(host string, log *slog.Logger) (*admission.Gate, error) {
	s := a.settings(host)
	s.Verify = a.VerifySender
	return admission.New(s, log)
}

// Gate is who may speak to the process.
func (c Calling) Gate(host string, log *slog.Logger) (*admission.Gate, error) {
	return admission.New(c.settings(host), log)
}

func (c Calling) settings(host string) admission.Settings {
	return admission.Settings{
		Host: host, Allow: c.Allow, From: c.CallFrom, Cluster: c.Cluster,
		Cert: c.TLSCert, Key: c.TLSKey, CA: c.TLSCA, Plain: c.TLSPlain,
	}
}

// Logger writes text lines of at least LogLevel.
func (f Flags) Logger(stderr io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: f.LogLevel}))
}
