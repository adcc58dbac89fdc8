package config

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// errNoName is a server's plain answer that it has no PTR record.
var errNoName = errors.New("no PTR record")

// queryPTR asks one server over UDP for the names of ip, without their final
// dots. It gives up after patience.
func queryPTR(ctx context.Context, server string, ip net.IP, patience time.Duration) ([]string, error) {
	question, err := ptrQuestion(ip)
	if err != nil {
		return nil, err
	}
	id := uint16(rand.N(1 << 16))
	query := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{question},
	}
	packet, err := query.Pack()
	if err != nil {
		return nil, fmt.Errorf("ask %s for %s: %w", server, ip, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "udp", server)
	if err != nil {
		return nil, fmt.Errorf("ask %s for %s: %w", server, ip, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write(packet); err != nil {
		return nil, fmt.Errorf("ask %s for %s: %w", server, ip, err)
	}
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, fmt.Errorf("ask %s for %s: %w", server, ip, err)
		}
		var answer dnsmessage.Message
		if answer.Unpack(buffer[:n]) != nil || !answers(answer, id, question) {
			continue // a late or forged packet: go on waiting for the real one
		}
		return ptrNames(answer)
	}
}

func answers(m dnsmessage.Message, id uint16, q dnsmessage.Question) bool {
	return m.Response && m.ID == id && len(m.Questions) == 1 &&
		m.Questions[0].Type == q.Type && strings.EqualFold(m.Questions[0].Name.String(), q.Name.String())
}

func ptrNames(m dnsmessage.Message) ([]string, error) {
	if m.RCode != dnsmessage.RCodeSuccess && m.RCode != dnsmessage.RCodeNameError {
		return nil, fmt.Errorf("DNS server answers %s", m.RCode)
	}
	var names []string
	for _, r := range m.Answers {
		if ptr, ok := r.Body.(*dnsmessage.PTRResource); ok {
			names = append(names, strings.TrimSuffix(ptr.PTR.String(), "."))
		}
	}
	if len(names) == 0 {
		return nil, errNoName
	}
	return names, nil
}

func ptrQuestion(ip net.IP) (dnsmessage.Question, error) {
	name, err := dnsmessage.NewName(reverseName(ip))
	if err != nil {
		return dnsmessage.Question{}, fmt.Errorf("reverse name of %s: %w", ip, err)
	}
	return dnsmessage.Question{Name: name, Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET}, nil
}

// reverseName is 4.3.2.1.in-addr.arpa. for 1.2.3.4, and the nibbles under
// ip6.arpa. for IPv6.
func reverseName(ip net.IP) string {
	var b strings.Builder
	if v4 := ip.To4(); v4 != nil {
		for i := len(v4) - 1; i >= 0; i-- {
			b.WriteString(strconv.Itoa(int(v4[i])) + ".")
		}
		return b.String() + "in-addr.arpa."
	}
	const hex = "0123456789abcdef"
	for i := len(ip) - 1; i >= 0; i-- {
		b.Write([]byte{hex[ip[i]&15], '.', hex[ip[i]>>4], '.'})
	}
	return b.String() + "ip6.arpa."
}
