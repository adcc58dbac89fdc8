package image

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// ErrMissing is wrapped when the machine lacks something that making stand-ins
// needs. The text lists all of it.
var ErrMissing = errors.New("stand-ins for the base images cannot be made")

// suite is the Debian that stands in for a slim one, the one that the
// Dockerfile's own base is.
const suite = "bookworm"

const (
	runStandIn   = "gossip-stand-in-run:" + suite
	buildStandIn = "gossip-stand-in-build" // its tag says which Go, and whose certificates
)

// machine is what stand-ins are made of.
type machine struct {
	mirror string // that debootstrap reads, from the machine's apt sources
	goroot string
	goName string // as go1.26.8
	cas    string // file of the certificates that this machine trusts
}

// standIns makes both images, or finds them: a bare Debian by debootstrap, and
// the same with this machine's Go tree and certificates.
func (o Options) standIns(ctx context.Context) (bases, error) {
	m, err := survey(ctx)
	if err != nil {
		return bases{}, err
	}
	tag, err := m.tag()
	if err != nil {
		return bases{}, err
	}
	b := bases{build: buildStandIn + ":" + tag, run: runStandIn, standIns: true}
	if !exists(ctx, b.run) {
		if err := m.makeRun(ctx, o, b.run); err != nil {
			return bases{}, fmt.Errorf("make %s: %w", b.run, err)
		}
	}
	if !exists(ctx, b.build) {
		if err := m.makeBuild(ctx, o, b.build); err != nil {
			return bases{}, fmt.Errorf("make %s: %w", b.build, err)
		}
	}
	return b, nil
}

// survey looks for everything that is needed, so that one error names all that is
// missing.
func survey(ctx context.Context) (machine, error) {
	var m machine
	var missing []string
	need := func(ok bool, what string) {
		if !ok {
			missing = append(missing, what)
		}
	}
	need(runtime.GOOS == "linux", "a Linux machine")
	need(os.Geteuid() == 0, "root (debootstrap makes a root file system)")
	_, err := exec.LookPath("debootstrap")
	need(err == nil, "debootstrap (apt-get install debootstrap)")
	_, err = exec.LookPath("tar")
	need(err == nil, "tar")
	m.goroot, err = output(ctx, "go", "env", "GOROOT")
	need(err == nil && m.goroot != "", "a Go tree (go env GOROOT)")
	m.goName, err = output(ctx, "go", "env", "GOVERSION")
	need(err == nil, "a Go version (go env GOVERSION)")
	m.mirror = mirror(os.DirFS("/etc/apt"), suite)
	need(m.mirror != "", "an apt source in /etc/apt for Debian "+suite)
	m.cas = certificates()
	need(m.cas != "", "a file of trusted certificates (package ca-certificates, or SSL_CERT_FILE)")
	if len(missing) > 0 {
		return m, fmt.Errorf("%w: this machine lacks %s", ErrMissing, strings.Join(missing, "; "))
	}
	return m, nil
}

// certificates is the file that Go itself would trust here.
func certificates() string {
	for _, name := range []string{os.Getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt"} {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

// tag changes with what is copied into the builder, so that an old image is never
// mistaken for it.
func (m machine) tag() (string, error) {
	text, err := os.ReadFile(m.cas)
	if err != nil {
		return "", err
	}
	version, _, _ := strings.Cut(m.goName, " ")
	return fmt.Sprintf("%s-%x", version, sha256.Sum256(text))[:len(version)+9], nil
}

// makeRun imports a bare Debian, without what apt left over.
func (m machine) makeRun(ctx context.Context, o Options, tag string) (err error) {
	dir, err := os.MkdirTemp("", "gossip-stand-in-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	root := filepath.Join(dir, "root")
	fmt.Fprintf(o.Out, "debootstrap of a bare Debian %s from this machine's apt mirror (about a minute)\n", suite)
	if _, err := output(ctx, "debootstrap", "--variant=minbase", suite, root, m.mirror); err != nil {
		return err
	}
	tar := exec.CommandContext(ctx, "tar", "-C", root, "--exclude=./var/cache/apt/*",
		"--exclude=./var/lib/apt/lists/*", "--exclude=./usr/share/doc/*", "-c", ".")
	return pipe(tar, exec.CommandContext(ctx, "docker", "import", "-", tag))
}

// makeBuild puts the Go tree and the certificates on top, in one layer. The tree
// goes straight into the build's context, without a copy on disk.
func (m machine) makeBuild(ctx context.Context, o Options, tag string) (err error) {
	dir, err := os.MkdirTemp("", "gossip-stand-in-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cas, err := os.ReadFile(m.cas)
	if err != nil {
		return err
	}
	const certificate = "root/etc/ssl/certs/ca-certificates.crt"
	if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(certificate)), 0o755); err != nil {
		return err
	}
	for name, text := range map[string][]byte{
		certificate: cas,
		"Dockerfile": []byte("FROM " + runStandIn + "\nCOPY root/ /\n" +
			"ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin GOTOOLCHAIN=local\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(o.Out, "copying %s and this machine's certificates into %s (a minute or two)\n", m.goName, tag)
	// ./ is the tree alone: the names from dir begin otherwise. The tree's own
	// tests are a third of it, and no build needs them.
	tar := exec.CommandContext(ctx, "tar", "-c", "--transform=s,^\\./,root/usr/local/go/,",
		"-C", dir, "Dockerfile", "root", "-C", m.goroot,
		"--exclude=./test", "--exclude=./doc", "--exclude=./api", "--exclude=testdata", "--exclude=*_test.go", "./")
	return pipe(tar, exec.CommandContext(ctx, "docker", "build", "-t", tag, "-"))
}

// pipe runs two commands, the first's output the second's input.
func pipe(from, to *exec.Cmd) error {
	var complaints [2]strings.Builder
	from.Stderr, to.Stderr = &complaints[0], &complaints[1]
	// A pipe of the second command's own would never be read to its end if that
	// command ended early.
	out, err := from.StdoutPipe()
	if err != nil {
		return err
	}
	to.Stdin = out
	if err := from.Start(); err != nil {
		return failure(from, err, "")
	}
	errTo := to.Run()
	if errTo != nil {
		errTo = failure(to, errTo, complaints[1].String())
		// Nobody reads any more.
		_ = out.Close()
	}
	errFrom := from.Wait()
	if errFrom != nil && errTo == nil {
		return failure(from, errFrom, complaints[0].String())
	}
	return errTo
}
