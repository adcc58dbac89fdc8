package xmlrpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// exchange reads one call and answers it. What is held meanwhile is charged to the
// budget: the body until it is read, its values until the answer is made, the answer
// until it is sent.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) {
	memory := s.options.Memory
	head := heads.Get().(*bytes.Buffer)
	head.Reset()
	body, taken, err := s.body(w, r, head)
	var no *refusal
	switch {
	case errors.As(err, &no):
		refuse(w, no)
		return
	case err != nil:
		w.Header().Set("Connection", "close") // the rest of the body may be coming
		send(w, AppendFault(nil, AsFault(err)), false)
		return
	}
	c, cost, err := s.read(r.Context(), body)
	memory.bodies.give(taken)
	heads.Put(head)
	defer func() { memory.values.give(cost) }()
	switch {
	case errors.As(err, &no):
		refuse(w, no)
	case err != nil:
		send(w, AppendFault(nil, AsFault(err)), false)
	default:
		s.reply(w, r, c)
	}
}

// read reads a call, and returns what is taken for its values. The error is a *refusal,
// or becomes a fault.
func (s *Server) read(ctx context.Context, body []byte) (c call, cost int64, err error) {
	values := s.options.Memory.values
	limits := Limits{s.options.MaxDepth, s.options.MaxElements}
	name, rest := ReadCall(body, limits)
	if m, there := s.methods[string(name)]; there && m.Read != nil {
		if cost, err = values.take(ctx, int64(len(body))*max(m.Weight, 1)); err != nil {
			return call{}, 0, busy
		}
		if do := m.Read(&rest); do != nil {
			return call{string(name), do}, cost, nil
		}
		values.give(cost)
	}
	if cost, err = values.take(ctx, reckon(body)); err != nil {
		return call{}, 0, busy
	}
	method, args, err := ParseCall(body, limits)
	if err != nil {
		return call{}, cost, err
	}
	m, there := s.methods[method]
	if !there {
		return call{}, cost, NotSupported(method)
	}
	return call{method, m.with(args)}, cost, nil
}

// reply makes a call and sends its answer. The answer is charged before it is made,
// as what the method's last one was.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, c call) {
	answers := s.options.Memory.answers
	last := s.costs[c.method]
	charged, err := answers.take(r.Context(), last.Load())
	if err != nil {
		refuse(w, busy)
		return
	}
	defer func() { answers.give(charged) }()
	v, err := s.make(WithCaller(r.Context(), caller(r)), c)
	if err != nil {
		send(w, AppendFault(nil, AsFault(err)), false)
		return
	}
	document, packed := s.document(r, &v)
	cost := int64(len(document)) + weigh(&v)
	if cost <= unreckoned {
		cost = 0
	}
	last.Store(cost)
	answers.give(charged - cost)
	charged = cost
	if len(document) > unreckoned {
		grace(int64(len(document)), s.options.WriteTimeout, http.NewResponseController(w).SetWriteDeadline)
	}
	send(w, document, packed)
}

// document is the answer, packed if that is worth it and the caller takes it.
func (s *Server) document(r *http.Request, v *Value) (document []byte, packed bool) {
	if v.Kind == Nil {
		return nilAnswer, false
	}
	wanted := acceptsGzip(strings.Join(r.Header.Values("Accept-Encoding"), ","))
	if v.Kind == prepared {
		if wanted && len(v.Items) > 0 {
			return v.Items[0].Bytes, true
		}
		return v.Bytes, false
	}
	document = AppendAnswer(nil, *v)
	if wanted && len(document) > gzipOver {
		if small, err := pack(document); err == nil {
			return small, true
		}
	}
	return document, false
}

func send(w http.ResponseWriter, document []byte, packed bool) {
	h := w.Header()
	if packed {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", "text/xml")
	h.Set("Content-Length", strconv.Itoa(len(document)))
	_, _ = w.Write(document) // the caller has gone: nobody to tell
}

// refusal is an answer with another status than 200.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

var busy = &refusal{http.StatusServiceUnavailable, "too many large calls at once, try again"}

// refuse also hangs up: what follows on the connection may be the body.
func refuse(w http.ResponseWriter, no *refusal) {
	h := w.Header()
	if no.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	h.Set("Content-Type", "text/plain")
	h.Set("Content-Length", strconv.Itoa(len(no.text)))
	h.Set("Connection", "close")
	w.WriteHeader(no.status)
	_, _ = io.WriteString(w, no.text) // the caller has gone: nobody to tell
}

// A large body or answer may take slack, and as long as it takes at the slowest rate. Others have
// net/http's deadlines, those of a call's header and of its answer.
const (
	slack       = 5 * time.Second
	slowestRate = 32 << 10 // bytes a second
)

// grace sets the deadline for so many bytes to go by, at most limit from now.
func grace(bytes int64, limit time.Duration, set func(time.Time) error) {
	_ = set(time.Now().Add(min(limit, slack+time.Duration(bytes)*time.Second/slowestRate))) // a test's writer has none
}

// body reads the call's document and returns what is taken for it. The error is a
// *refusal, or becomes a fault.
func (s *Server) body(w http.ResponseWriter, r *http.Request, head *bytes.Buffer) (document []byte, taken int64, err error) {
	if len(r.TransferEncoding) > 0 || r.ContentLength < 0 || r.ContentLength == 0 && r.Header.Get("Content-Length") == "" {
		return nil, 0, &refusal{http.StatusLengthRequired, "Content-Length is required; chunked bodies are not read"}
	}
	if r.ContentLength > s.options.MaxBody {
		return nil, 0, tooLarge("a call", s.options.MaxBody)
	}
	packed := false
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		packed = true
	default:
		return nil, 0, &refusal{http.StatusNotImplemented, fmt.Sprintf("encoding %.40q not supported", encoding)}
	}
	deadline := http.NewResponseController(w).SetReadDeadline
	if r.ContentLength > unreckoned {
		grace(r.ContentLength, s.options.ReadTimeout, deadline)
	}
	b, err := beginBody(head, r.Body, r.ContentLength, packed)
	if err != nil {
		return nil, 0, unread(err)
	}
	limit, what := s.options.MaxBody, "a call"
	if !b.ended {
		method, ok := methodIn(b.head)
		if !ok {
			return nil, 0, &refusal{
				http.StatusRequestEntityTooLarge, fmt.Sprintf("no method's name within the first %d bytes", unreckoned),
			}
		}
		if _, there := s.methods[method]; !there {
			return nil, 0, NotSupported(method)
		}
		if s.options.BodyLimit != nil {
			if l := s.options.BodyLimit(method); l > 0 && l < limit {
				limit, what = l, "a call of "+method
			}
		}
		if !packed && r.ContentLength > limit {
			return nil, 0, tooLarge(what, limit)
		}
	}
	document, taken, err = b.rest(r.Context(), limit, s.options.Memory.bodies)
	switch {
	case err == nil:
		_ = deadline(time.Now().Add(s.options.WriteTimeout)) // net/http listens for the caller's hanging up
		return document, taken, nil
	case errors.Is(err, errTooLarge):
		return nil, 0, tooLarge(what, limit)
	case errors.Is(err, errBusy), errors.Is(err, context.Canceled):
		return nil, 0, busy
	}
	return nil, 0, unread(err)
}

func tooLarge(what string, limit int64) *refusal {
	return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("%s may have %d bytes", what, limit)}
}

func unread(err error) *refusal {
	if errors.Is(err, errGzip) {
		return &refusal{http.StatusBadRequest, "error decoding gzip content"}
	}
	return &refusal{http.StatusBadRequest, "the body ends early"}
}
