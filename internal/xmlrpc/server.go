package xmlrpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"gossiprpc/internal/conns"
)

// Do makes one call that has been read. It runs on the connection's goroutine, at the
// same time as others; ctx ends when the caller hangs up or the server stops. A
// *Fault error is answered as it is, any other as fault 1 with Python's text.
type Do func(ctx context.Context) (Value, error)

// Method answers the calls of one name.
type Method struct {
	// Call is [Do] with the call's arguments. It must be there.
	Call func(ctx context.Context, args []Value) (Value, error)
	// Read, if it is there, reads the arguments of calls in canonical form, up to their
	// EndCall. It returns what makes the call, which must be what Call does with the
	// same arguments; or nil, and then those go to Call.
	Read func(*Canonical) Do
	// Weight is how many times as much memory as the document has bytes Read takes at
	// most; 0: once.
	Weight int64
}

// Around returns m with around in place of each call; next makes the call itself.
func (m Method) Around(around func(ctx context.Context, next Do) (Value, error)) Method {
	all := Method{Weight: m.Weight, Call: func(ctx context.Context, args []Value) (Value, error) {
		return around(ctx, m.with(args))
	}}
	if m.Read != nil {
		all.Read = func(c *Canonical) Do {
			next := m.Read(c)
			if next == nil {
				return nil
			}
			return func(ctx context.Context) (Value, error) { return around(ctx, next) }
		}
	}
	return all
}

func (m Method) with(args []Value) Do {
	return func(ctx context.Context) (Value, error) { return m.Call(ctx, args) }
}

// Methods names what can be called. Nothing else can be.
type Methods map[string]Method

// ServerOptions set a Server's limits. Start from DefaultServerOptions.
type ServerOptions struct {
	MaxBody     int64 // bytes of a call, before and after gunzip
	MaxDepth    int   // arrays and structs inside each other
	MaxElements int   // values in one call
	// BodyLimit is how many bytes a call of a method may have, where that is less
	// than MaxBody; 0: MaxBody. Nil: MaxBody for all.
	BodyLimit     func(method string) int64
	Memory        *Memory       // shared by all connections of the process; nil: one of DefaultMemory
	Connections   conns.Limits  // of those that Serve accepts
	HeaderTimeout time.Duration // for a call's header to arrive, and a small body with it
	ReadTimeout   time.Duration // for the rest of a larger call to arrive, however large it is
	WriteTimeout  time.Duration // from the end of a call's header to the end of its answer
	IdleTimeout   time.Duration // between calls; above the clients' idle time, so that they close first
	Logger        *slog.Logger  // panics, and what net/http complains of
	// Admit sees each call before it is read. Its error is answered as a fault, and the
	// caller is hung up on. nil: all are taken.
	Admit func(context.Context, Caller) error
}

// DefaultServerOptions are limits for a cluster of some hundred nodes.
func DefaultServerOptions() ServerOptions {
	return ServerOptions{
		MaxBody:       DefaultMaxBody,
		MaxDepth:      DefaultMaxDepth,
		MaxElements:   defaultServerElements,
		Connections:   conns.Default(),
		HeaderTimeout: 10 * time.Second,
		ReadTimeout:   30 * time.Second,
		WriteTimeout:  60 * time.Second,
		IdleTimeout:   90 * time.Second,
		Logger:        slog.Default(),
	}
}

// Validate names the first option that is out of range.
func (o ServerOptions) Validate() error {
	if err := checkBounds("server", o.MaxBody, Limits{o.MaxDepth, o.MaxElements}); err != nil {
		return err
	}
	for _, t := range []struct {
		name  string
		value time.Duration
	}{
		{"HeaderTimeout", o.HeaderTimeout},
		{"ReadTimeout", o.ReadTimeout},
		{"WriteTimeout", o.WriteTimeout},
		{"IdleTimeout", o.IdleTimeout},
	} {
		if t.value <= 0 {
			return fmt.Errorf("server option %s is %s, want more than 0", t.name, t.value)
		}
	}
	if o.Logger == nil {
		return errors.New("server option Logger is nil")
	}
	if err := o.Connections.Validate(); err != nil {
		return fmt.Errorf("server option %w", err)
	}
	return nil
}

// Server answers XML-RPC calls. It is safe for many goroutines.
type Server struct {
	methods Methods
	options ServerOptions
	costs   map[string]*atomic.Int64 // bytes of each method's last answer
	conns   *conns.Table
}

// NewServer fails only if the options are not valid. It keeps m.
func NewServer(m Methods, o ServerOptions) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Memory == nil {
		o.Memory = NewMemory(DefaultMemory)
	}
	s := &Server{methods: m, options: o, costs: map[string]*atomic.Int64{}, conns: conns.New(o.Connections)}
	for name := range m {
		s.costs[name] = &atomic.Int64{}
	}
	return s, nil
}

// ServeHTTP takes calls by POST to "/" and "/RPC2". Everything that went wrong
// inside a call is a fault with status 200; the statuses below are for what is no
// call: 501 for another HTTP method or content encoding, 404 for another path,
// 400 for bad gzip or a body cut short, 413 for one over the limit, as Python,
// 411 for one of unannounced length, where Python has 500, and, which Python takes,
// 403 for a call of a web page, 415 for another type than text/xml, and 503 when
// the memory budget has no room.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conns.Serving(r.Context())
	if r.Method != http.MethodPost {
		refuse(w, &refusal{http.StatusNotImplemented, fmt.Sprintf("Unsupported method (%.40q)", r.Method)})
		return
	}
	if path := r.URL.EscapedPath(); path != "/" && path != "/RPC2" || r.URL.RawQuery != "" {
		refuse(w, &refusal{http.StatusNotFound, "No such page"})
		return
	}
	if no := fromBrowser(r); no != nil {
		refuse(w, no)
		return
	}
	if !s.admits(w, r) {
		return
	}
	s.exchange(w, r)
}

// admits tells whether a call may be read, and answers it if not.
func (s *Server) admits(w http.ResponseWriter, r *http.Request) bool {
	if s.options.Admit == nil {
		return true
	}
	err := s.options.Admit(r.Context(), caller(r))
	if err == nil {
		return true
	}
	// Whoever is let in once it has another certificate opens a connection with it.
	w.Header().Set("Connection", "close")
	send(w, AppendFault(nil, AsFault(err)), false)
	return false
}

// call is a call that has been read.
type call struct {
	method string
	do     Do
}

func (s *Server) make(ctx context.Context, c call) (v Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.options.Logger.Error("method panicked", "method", c.method, "panic", p, "stack", string(debug.Stack()))
			v, err = Value{}, fmt.Errorf("method %q failed", c.method)
		}
	}()
	return c.do(ctx)
}
