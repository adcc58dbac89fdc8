// Package authority makes throw-away certificate authorities for labs and tests. What
// it makes is good for a month, and its keys lie beside the certificates: nothing that
// matters should trust it.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
)

// Names of an authority's own files in its folder.
const (
	CAFile    = "ca.pem"
	caKeyFile = "ca-key.pem"
)

// Life is how long certificates are good for.
const Life = 30 * 24 * time.Hour

// early is for clocks of other machines that are behind.
const early = time.Hour

// Authority signs certificates, and leaves them in a folder. Use it from one
// goroutine.
type Authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Open makes an authority in dir, or goes on with the one that is there.
func Open(dir string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	a := &Authority{dir: dir}
	_, err := os.Stat(filepath.Join(dir, CAFile))
	if errors.Is(err, os.ErrNotExist) {
		return a, a.make()
	}
	return a, a.load()
}

func (a *Authority) make() (err error) {
	now := time.Now()
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "gossiprpc throw-away authority"},
		NotBefore: now.Add(-early), NotAfter: now.Add(Life),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key, err = a.sign(template, "ca")
	return err
}

func (a *Authority) load() error {
	cert, err := block(filepath.Join(a.dir, CAFile))
	if err != nil {
		return err
	}
	key, err := block(filepath.Join(a.dir, caKeyFile))
	if err != nil {
		return err
	}
	if a.cert, err = x509.ParseCertificate(cert); err != nil {
		return fmt.Errorf("authority in %s: %w", a.dir, err)
	}
	if a.key, err = x509.ParseECPrivateKey(key); err != nil {
		return fmt.Errorf("authority in %s: %w", a.dir, err)
	}
	if time.Now().After(a.cert.NotAfter) {
		return fmt.Errorf("the authority in %s has expired; remove the folder to have a new one", a.dir)
	}
	return nil
}

func block(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	b, _ := pem.Decode(text)
	if b == nil {
		return nil, fmt.Errorf("authority: %s is no PEM", path)
	}
	return b.Bytes, nil
}

// Issue leaves FILE.pem and FILE-key.pem in the folder, a certificate for hosts: names
// and IP addresses.
func (a *Authority) Issue(file string, hosts ...string) error {
	now := time.Now()
	return a.IssueFor(file, now.Add(-early), now.Add(Life), hosts...)
}

// IssueFor is Issue with a certificate for another time.
func (a *Authority) IssueFor(file string, from, until time.Time, hosts ...string) error {
	template := &x509.Certificate{
		NotBefore: from, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		Subject:     pkix.Name{CommonName: file},
	}
	if err := gossip.CheckName(file); err != nil || file+".pem" == CAFile {
		return fmt.Errorf("certificate for %q: want a name of letters, digits, '.', '_' and '-', other than ca", file)
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if err := gossip.CheckName(host); err != nil {
			return fmt.Errorf("certificate %s: %w", file, err)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	_, _, err := a.sign(template, file)
	return err
}

// sign makes a key and a certificate for it, of the authority's; its own where there
// is none yet.
func (a *Authority) sign(t *x509.Certificate, file string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if t.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, nil, err
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = t, key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), signer)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate %s: %w", file, err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	err = errors.Join(
		a.write(file+"-key.pem", "EC PRIVATE KEY", keyDER, 0o600),
		a.write(file+".pem", "CERTIFICATE", der, 0o644),
	)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

// write replaces a file at once: a process that looks meanwhile sees the old or the
// new one.
func (a *Authority) write(name, kind string, der []byte, mode os.FileMode) error {
	path := filepath.Join(a.dir, name)
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path+".new", text, mode); err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	return os.Rename(path+".new", path)
}

// Flags are those that have a process use the certificate that Issue left in dir.
func Flags(dir, file string) []string {
	return []string{
		"--tls-cert", filepath.Join(dir, file+".pem"), "--tls-key", filepath.Join(dir, file+"-key.pem"),
		"--tls-ca", filepath.Join(dir, CAFile),
	}
}

// Names splits a list of hosts by commas and blanks.
func Names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}
