package admission

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// lookEvery is how often at most the certificate files are looked at for changes.
const lookEvery = time.Second

// files are those of a process's certificate.
type files struct{ cert, key, ca string }

// identity is a process's certificate, and the authority that all others have theirs
// from.
type identity struct {
	certificate tls.Certificate
	roots       *x509.CertPool
}

// load reads the files and says what others would object to: expired, of another
// authority, or not for host, under which the process is called; empty: nobody
// calls it.
func (f files) load(host string, now time.Time) (*identity, error) {
	ca, err := f.read("--tls-ca", f.ca)
	if err != nil {
		return nil, err
	}
	cert, err := f.read("--tls-cert", f.cert)
	if err != nil {
		return nil, err
	}
	key, err := f.read("--tls-key", f.key)
	if err != nil {
		return nil, err
	}
	id := &identity{roots: x509.NewCertPool()}
	if !id.roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("--tls-ca %s: holds no certificate in PEM", f.ca)
	}
	if id.certificate, err = tls.X509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("--tls-cert %s with --tls-key %s: %w", f.cert, f.key, err)
	}
	leaf := id.certificate.Leaf
	if err := inTime(leaf, now); err != nil {
		return nil, fmt.Errorf("--tls-cert %s: %w", f.cert, err)
	}
	if err := id.verify(now); err != nil {
		return nil, fmt.Errorf("--tls-cert %s is not of the authority in --tls-ca %s: %w", f.cert, f.ca, err)
	}
	if host != "" && leaf.VerifyHostname(host) != nil {
		return nil, fmt.Errorf("--tls-cert %s is for %s, and this process goes by %s", f.cert, namesOf(leaf), host)
	}
	return id, nil
}

// maxPEM is far above any certificate file, in bytes.
const maxPEM = 1 << 20

func (files) read(flag, path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxPEM {
		return nil, fmt.Errorf("%s %s: want a regular file of at most %d bytes", flag, path, maxPEM)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return text, nil
}

// verify does to the own certificate what callers and servers will do to it.
func (id *identity) verify(now time.Time) error {
	between := x509.NewCertPool()
	for _, der := range id.certificate.Certificate[1:] {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		between.AddCert(c)
	}
	for _, use := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		_, err := id.certificate.Leaf.Verify(x509.VerifyOptions{
			Roots: id.roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{use},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func inTime(c *x509.Certificate, now time.Time) error {
	if now.After(c.NotAfter) {
		return fmt.Errorf("the certificate has expired at %s", c.NotAfter.UTC().Format(time.RFC3339))
	}
	if now.Before(c.NotBefore) {
		return fmt.Errorf("the certificate is not valid before %s", c.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}

// namesOf lists whom a certificate is for.
func namesOf(c *x509.Certificate) string {
	all := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "nobody (it has no names)"
	}
	return strings.Join(all, ", ")
}

// keyring holds the identity in use, and looks at its files for newer ones. It is safe
// for many goroutines.
type keyring struct {
	files files
	host  string
	log   *slog.Logger
	now   func() time.Time

	mu      sync.Mutex
	current *identity
	looked  time.Time
	seen    string // what the files looked like when they were last read
}

func newKeyring(f files, host string, log *slog.Logger, now func() time.Time) (*keyring, error) {
	k := &keyring{files: f, host: host, log: log, now: now, looked: now(), seen: f.stamp()}
	var err error
	k.current, err = f.load(host, now())
	return k, err
}

// get is the identity to use. Files that have changed and cannot be used leave the
// old one in use, which is said once for each change.
func (k *keyring) get() *identity {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if now.Sub(k.looked) < lookEvery {
		return k.current
	}
	k.looked = now
	stamp := k.files.stamp()
	if stamp == k.seen {
		return k.current
	}
	k.seen = stamp
	id, err := k.files.load(k.host, now)
	if err != nil {
		k.log.Warn("the certificate files have changed and cannot be used, the old certificate stays", "err", err)
		return k.current
	}
	k.current = id
	k.log.Info("certificate read anew", "names", namesOf(id.certificate.Leaf), "until", id.certificate.Leaf.NotAfter)
	return id
}

// stamp changes with the files.
func (f files) stamp() string {
	var all strings.Builder
	for _, path := range []string{f.cert, f.key, f.ca} {
		info, err := os.Stat(path)
		if err != nil {
			fmt.Fprintf(&all, "%v\n", errors.Unwrap(err))
			continue
		}
		fmt.Fprintf(&all, "%d %d\n", info.Size(), info.ModTime().UnixNano())
	}
	return all.String()
}

// server has the settings for connections that come in. A session that is resumed
// would not be checked against a new authority, so none is.
func (k *keyring) server() *tls.Config {
	id := k.get()
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{id.certificate},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: id.roots,
		SessionTicketsDisabled: true, Time: k.now,
	}
}

// client has the settings for connections to host.
func (k *keyring) client(host string) *tls.Config {
	id := k.get()
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{id.certificate},
		RootCAs: id.roots, ServerName: host, Time: k.now,
	}
}
