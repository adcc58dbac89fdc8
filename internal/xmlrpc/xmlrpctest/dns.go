package xmlrpctest

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// DNS is a name server on loopback by which every name has the address 127.0.0.1. Names
// that are held are not answered until they are released.
type DNS struct {
	// Dial opens connections to names that this server knows.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu   sync.Mutex
	held map[string]chan struct{}
	asks map[string]int
}

// NewDNS serves until the test ends.
func NewDNS(t testing.TB) *DNS {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &DNS{held: map[string]chan struct{}{}, asks: map[string]int{}}
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	d.Dial = (&net.Dialer{Resolver: resolver}).DialContext
	ended := make(chan struct{})
	var answers sync.WaitGroup
	go func() {
		defer close(ended)
		query := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(query)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return
			}
			if err != nil {
				continue // an earlier answer came too late for its asker
			}
			name, answer := d.answer(query[:n])
			hold := d.hold(name)
			answers.Go(func() {
				<-hold
				_, _ = conn.WriteTo(answer, from) // the asker may have gone
			})
		}
	}()
	t.Cleanup(func() {
		// Whoever waits still is answered: look-ups go on when their calls have ended.
		_ = conn.SetReadDeadline(time.Now())
		<-ended
		d.releaseAll()
		answers.Wait()
		_ = conn.Close()
	})
	return d
}

// Hold keeps the answers about a name back until Release.
func (d *DNS) Hold(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held[name] = make(chan struct{})
}

// Release gives the answers that were held back.
func (d *DNS) Release(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.held[name])
	delete(d.held, name)
}

func (d *DNS) releaseAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, c := range d.held {
		close(c)
		delete(d.held, name)
	}
}

// Asked is how often a name was asked for.
func (d *DNS) Asked(name string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asks[name]
}

var open = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func (d *DNS) hold(name string) chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asks[name]++
	if c := d.held[name]; c != nil {
		return c
	}
	return open
}

// answer makes the answer to a query with one question (RFC 1035, section 4).
func (d *DNS) answer(query []byte) (name string, answer []byte) {
	const head = 12
	at := head
	var labels []string
	for at < len(query) && query[at] != 0 {
		end := min(at+1+int(query[at]), len(query))
		labels = append(labels, string(query[at+1:end]))
		at = end
	}
	name = strings.ToLower(strings.Join(labels, "."))
	end := min(at+5, len(query)) // the name's end, type and class
	answer = append([]byte{}, query[:end]...)
	copy(answer[2:head], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}) // an answer, one question, no records
	const typeA = 1
	if end-3 > 0 && query[end-3] == typeA {
		answer[7] = 1
		answer = append(answer, 0xC0, head, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return name, answer
}
