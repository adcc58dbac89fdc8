package live

import (
	"fmt"
	"log/slog"
	"path/filepath"

	"gossiprpc/harness/authority"
	"gossiprpc/internal/admission"
	"gossiprpc/internal/xmlrpc"
)

// CertificatesIn is the folder in a run's where certificates lie; empty: none are
// wanted.
func CertificatesIn(run string, wanted bool) string {
	if !wanted {
		return ""
	}
	return filepath.Join(run, "certificates")
}

// ownCertificate is the harness's.
const ownCertificate = "harness"

// Certify makes an authority in dir, and a certificate for each process: the harness's,
// and those that hosts has the names of.
func Certify(dir string, hosts map[string][]string) error {
	a, err := authority.Open(dir)
	if err != nil {
		return err
	}
	for process, names := range hosts {
		if err := a.Issue(process, names...); err != nil {
			return err
		}
	}
	return a.Issue(ownCertificate)
}

// NewClient calls a cluster's processes, with the harness's certificate of those in dir;
// in plain if dir is empty.
func NewClient(dir string) (*xmlrpc.Client, error) {
	s := admission.Settings{}
	if dir != "" {
		s.Cert, s.Key = filepath.Join(dir, ownCertificate+".pem"), filepath.Join(dir, ownCertificate+"-key.pem")
		s.CA = filepath.Join(dir, authority.CAFile)
	}
	gate, err := admission.New(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, fmt.Errorf("the harness's certificate: %w", err)
	}
	return xmlrpc.NewClient(gate.Client(xmlrpc.DefaultClientOptions()))
}
