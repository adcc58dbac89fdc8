package docker

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"gossiprpc/internal/wire"
)

// Awaits is live.Processes'. The container's own shell posts the call: a node's port is
// not published, and must be reached in a partition too.
func (c *cluster) Awaits(ctx context.Context, name string) (string, error) {
	p, err := c.process(name)
	if err != nil {
		return "", err
	}
	if c.spec.TLS {
		return "", fmt.Errorf("%w: the shell of %s's container speaks no TLS", wire.ErrCannotTell, name)
	}
	if p.paused {
		return "", fmt.Errorf("%s is paused", name)
	}
	host := "127.0.0.1"
	if p.other {
		host = p.host // an original listens on its own address only
	}
	said, err := p.shell.ask(ctx, post(host, p.port, wire.AwaitsCall()))
	if err != nil {
		return "", err
	}
	return readAwaits(said)
}

// post is a line for bash that posts a body and prints the answer with its head.
func post(host string, port int, body []byte) string {
	return fmt.Sprintf("(exec 3<>/dev/tcp/%s/%d; printf %%s %s >&3; cat <&3) 2>/dev/null", host, port,
		quote(fmt.Sprintf("POST /RPC2 HTTP/1.0\r\nHost: %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
			host, len(body), body)))
}

// quote makes text one word of bash's, in one line: the shell is asked line by line.
func quote(text string) string {
	var b bytes.Buffer
	b.WriteString("$'")
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '\'' || c == '\\' {
			fmt.Fprintf(&b, "\\x%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}

func readAwaits(said []byte) (string, error) {
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(said)), nil)
	if err != nil {
		return "", fmt.Errorf("no answer: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", fmt.Errorf("half an answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("HTTP status %s", response.Status)
	}
	return wire.ParseAwaits(body)
}
