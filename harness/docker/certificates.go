package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/moby/client"

	"gossiprpc/harness"
	"gossiprpc/harness/authority"
	"gossiprpc/harness/live"
)

// certificatesDir is the folder in a container.
const certificatesDir = homeDir + "/certificates"

// certify gives each process a certificate for its names in the network; monitor and
// provider are also called by the harness, through ports of this machine.
func (c *cluster) certify() error {
	if !c.spec.TLS {
		return nil
	}
	if len(c.others) > 0 {
		return errors.New("tls=on: not with processes of others in the cluster")
	}
	hosts := map[string][]string{}
	for name, p := range c.processes {
		hosts[name] = []string{p.host, strings.TrimPrefix(p.host, c.prefix)}
		if name == harness.Monitor || name == harness.Provider {
			hosts[name] = append(hosts[name], loopback.String())
		}
		p.command = append(p.command, authority.Flags(certificatesDir, name)...)
	}
	return live.Certify(live.CertificatesIn(c.dir, true), hosts)
}

// putCertificates copies a process's certificate into its container. Everyone in there
// may read it: there is nobody but the process.
func (c *cluster) putCertificates(ctx context.Context, p *process) error {
	if !c.spec.TLS {
		return nil
	}
	var content bytes.Buffer
	archive := tar.NewWriter(&content)
	err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: path.Base(certificatesDir) + "/", Mode: 0o755})
	for _, file := range []string{authority.CAFile, p.name + ".pem", p.name + "-key.pem"} {
		text, errRead := os.ReadFile(filepath.Join(live.CertificatesIn(c.dir, true), file))
		errHeader := archive.WriteHeader(&tar.Header{
			Name: path.Join(path.Base(certificatesDir), file), Mode: 0o644, Size: int64(len(text)),
		})
		_, errWrite := archive.Write(text)
		err = errors.Join(err, errRead, errHeader, errWrite)
	}
	if err = errors.Join(err, archive.Close()); err == nil {
		_, err = c.engine.CopyToContainer(ctx, p.container, client.CopyToContainerOptions{
			DestinationPath: path.Dir(certificatesDir), Content: &content,
		})
	}
	if err != nil {
		return fmt.Errorf("certificates into container %s: %w", p.host, err)
	}
	return nil
}
