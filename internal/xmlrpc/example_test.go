package xmlrpc_test

import (
	"context"
	"fmt"
	"net"

	"gossiprpc/internal/xmlrpc"
)

// A server offers methods; a client calls one of them over a kept connection.
func Example() {
	server, err := xmlrpc.NewServer(xmlrpc.Methods{
		"add": {Call: func(_ context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
			return xmlrpc.IntValue(int(args[0].Int + args[1].Int)), nil
		}},
	}, xmlrpc.DefaultServerOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()

	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	sum, err := client.Call(ctx, l.Addr().String(), "add", xmlrpc.IntValue(2), xmlrpc.IntValue(3))
	fmt.Println(sum.Int, err)
	client.Close()
	stop()
	fmt.Println(<-ended)
	// Output:
	// 5 <nil>
	// <nil>
}
