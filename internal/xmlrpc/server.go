package xmlrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Method answers one call. It runs on the connection's goroutine, at the same
// time as others; ctx ends when the caller hangs up or the server stops. A
// *Fault error is answered as it is, any other as fault 1 with Python's text.
type Method func(ctx context.Context, args []Value) (Value, error)

// Methods names what can be called. Nothing else can be.
type Methods map[string]Method

// ServerOptions set a Server's limits. Start from DefaultServerOptions.
type ServerOptions struct {
	MaxBody      int64         // bytes of a call, before and after gunzip
	MaxDepth     int           // arrays and structs inside each other
	MaxElements  int           // values in one call
	ReadTimeout  time.Duration // for the whole of one call to arrive
	WriteTimeout time.Duration // from the end of a call's header to the end of its answer
	IdleTimeout  time.Duration // between calls; above the clients' idle time, so that they close first
	Logger       *slog.Logger  // panics, and what net/http complains of
}

// DefaultServerOptions are limits for a cluster of some hundred nodes.
func DefaultServerOptions() ServerOptions {
	return ServerOptions{
		MaxBody:      DefaultMaxBody,
		MaxDepth:     DefaultMaxDepth,
		MaxElements:  defaultServerElements,
		ReadTimeout:  30 * time.Second,
		WriteTimeout: 60 * time.Second,
		IdleTimeout:  90 * time.Second,
		Logger:       slog.Default(),
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
	}{{"ReadTimeout", o.ReadTimeout}, {"WriteTimeout", o.WriteTimeout}, {"IdleTimeout", o.IdleTimeout}} {
		if t.value <= 0 {
			return fmt.Errorf("server option %s is %s, want more than 0", t.name, t.value)
		}
	}
	if o.Logger == nil {
		return errors.New("server option Logger is nil")
	}
	return nil
}

// Server answers XML-RPC calls. It is safe for many goroutines.
type Server struct {
	methods Methods
	options ServerOptions
}

// NewServer fails only if the options are not valid. It keeps m.
func NewServer(m Methods, o ServerOptions) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Server{methods: m, options: o}, nil
}

// ServeHTTP takes calls by POST to "/" and "/RPC2". Everything that went wrong
// inside a call is a fault with status 200; the statuses below are for what is no
// call: 501 for another HTTP method or content encoding, 404 for another path,
// 400 for bad gzip or a body cut short, 413 for one over the limit, as Python,
// and 411 for one of unannounced length, where Python has 500.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		refuse(w, http.StatusNotImplemented, fmt.Sprintf("Unsupported method (%q)", r.Method))
		return
	}
	if path := r.URL.EscapedPath(); path != "/" && path != "/RPC2" || r.URL.RawQuery != "" {
		refuse(w, http.StatusNotFound, "No such page")
		return
	}
	body, status, text := s.body(r)
	if status != 0 {
		refuse(w, status, text)
		return
	}
	s.answer(w, r, s.respond(r.Context(), body))
}

// refuse also hangs up: what follows on the connection may be the body.
func refuse(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("Connection", "close")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // the caller has gone: nobody to tell
}

func (s *Server) body(r *http.Request) (body []byte, status int, text string) {
	if len(r.TransferEncoding) > 0 || r.ContentLength < 0 || r.ContentLength == 0 && r.Header.Get("Content-Length") == "" {
		return nil, http.StatusLengthRequired, "Content-Length is required; chunked bodies are not read"
	}
	tooLarge := fmt.Sprintf("a call may have %d bytes", s.options.MaxBody)
	if r.ContentLength > s.options.MaxBody {
		return nil, http.StatusRequestEntityTooLarge, tooLarge
	}
	var err error
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		body, err = readLimited(r.Body, s.options.MaxBody)
	case "gzip":
		body, err = gunzip(r.Body, s.options.MaxBody)
	default:
		return nil, http.StatusNotImplemented, fmt.Sprintf("encoding %q not supported", encoding)
	}
	switch {
	case err == nil:
		return body, 0, ""
	case errors.Is(err, errTooLarge):
		return nil, http.StatusRequestEntityTooLarge, tooLarge
	case errors.Is(err, errGzip):
		return nil, http.StatusBadRequest, "error decoding gzip content"
	default:
		return nil, http.StatusBadRequest, "the body ends early"
	}
}

// respond makes the document that answers a call.
func (s *Server) respond(ctx context.Context, body []byte) []byte {
	method, args, err := ParseCall(body, Limits{s.options.MaxDepth, s.options.MaxElements})
	if err != nil {
		return AppendFault(nil, asFault(err))
	}
	v, err := s.call(ctx, method, args)
	if err != nil {
		return AppendFault(nil, asFault(err))
	}
	return AppendAnswer(nil, v)
}

func (s *Server) call(ctx context.Context, name string, args []Value) (v Value, err error) {
	m := s.methods[name]
	if m == nil {
		return Value{}, notSupported(name)
	}
	defer func() {
		if p := recover(); p != nil {
			s.options.Logger.Error("method panicked", "method", name, "panic", p, "stack", string(debug.Stack()))
			v, err = Value{}, fmt.Errorf("method %q failed", name)
		}
	}()
	return m(ctx, args)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, document []byte) {
	h := w.Header()
	if len(document) > gzipOver && acceptsGzip(strings.Join(r.Header.Values("Accept-Encoding"), ",")) {
		if packed, err := pack(document); err == nil {
			document = packed
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Type", "text/xml")
	h.Set("Content-Length", strconv.Itoa(len(document)))
	_, _ = w.Write(document) // the caller has gone: nobody to tell
}
