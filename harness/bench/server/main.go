// Command server is what bench calls: this project's server with methods that do
// nothing, or net/http alone. It prints its port and ends when its standard input does. A
// second argument is the file that a processor profile is written to.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime/pprof"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// idle is a node that does nothing with what it gets.
type idle struct{}

func (idle) Receive(context.Context, gossip.Address, gossip.Message) error { return nil }

// bare reads a call's body, of which it wants to know nothing, and gives the answer that
// the other gives.
func bare() http.Handler {
	answer := xmlrpc.AppendAnswer(nil, xmlrpc.NilValue())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return // the caller has gone
		}
		w.Header().Set("Content-Type", "text/xml")
		if _, err := w.Write(answer); err != nil {
			return
		}
	})
}

func run() (failed error) {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		return errors.New("want one argument or two: ours or bare, and a file for a profile")
	}
	if len(os.Args) == 3 {
		f, err := os.Create(os.Args[2])
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return errors.Join(err, f.Close())
		}
		defer func() {
			pprof.StopCPUProfile()
			failed = errors.Join(failed, f.Close())
		}()
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = bufio.NewReader(os.Stdin).WriteTo(io.Discard)
		cancel()
	}()
	switch os.Args[1] {
	case "ours":
		s, err := xmlrpc.NewServer(wire.NodeMethods(idle{}), xmlrpc.DefaultServerOptions())
		if err != nil {
			return err
		}
		return s.Serve(ctx, listener)
	case "bare":
		s := &http.Server{Handler: bare()}
		go func() {
			<-ctx.Done()
			_ = s.Close()
		}()
		if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	default:
		return fmt.Errorf("%q: want ours or bare", os.Args[1])
	}
}

func main() {
	if err := run(); err != nil {
		log.Fatal("server: ", err)
	}
}
