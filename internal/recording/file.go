package recording

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"time"
)

// What a File holds back before it is on its way to the disk: for flushEvery at
// most, or flushSize bytes. While the disk does not keep up more waits, up to
// maxWaiting bytes.
const (
	flushEvery = time.Second
	flushSize  = 64 << 10
	maxWaiting = 8 << 20
)

// ErrBehind is why a recording ends whose disk is too slow.
var ErrBehind = errors.New("the disk does not keep up")

// File is a recording on disk whose writer never waits for the disk. If that is
// too slow, or full, the recording ends there, with a last record that says so
// where there is room. Its methods may be called from any goroutine.
type File struct {
	disk disk
	due  *time.Timer   // what waits has waited long enough
	soon chan struct{} // what waits is to be written now

	mu      sync.Mutex
	waiting []byte
	oldest  time.Time // when the first of what waits came
	chain   uint32    // checksum of the last frame taken
	err     error     // why nothing more is taken
}

// disk is what of an os.File is needed.
type disk interface {
	io.Writer
	io.Seeker
	Truncate(size int64) error
	Close() error
}

// Create begins a file, in the place of a regular one that may be there.
func Create(path string) (*File, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("recording: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("recording: %s is no regular file", path)
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return newFile(f), nil
}

func newFile(d disk) *File {
	f := &File{disk: d, due: time.NewTimer(flushEvery), soon: make(chan struct{}, 1)}
	f.due.Stop()
	return f
}

// Write takes whole frames, and never waits.
func (f *File) Write(frames []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	if len(f.waiting)+len(frames) > maxWaiting {
		f.err = ErrBehind
		f.waiting = append(f.waiting, lastFrame(f.err.Error(), f.chain)...)
		return 0, f.err
	}
	now := time.Now()
	if len(f.waiting) == 0 {
		f.oldest = now
		f.due.Reset(flushEvery)
	}
	f.waiting = append(f.waiting, frames...)
	f.chain = binary.LittleEndian.Uint32(frames[len(frames)-crc32.Size:])
	// The process is awake now. To wake it for the timer would cost an idle node
	// more than all the rest of recording.
	if len(f.waiting) >= flushSize || now.Sub(f.oldest) >= flushEvery/2 {
		select {
		case f.soon <- struct{}{}:
		default:
		}
	}
	return len(frames), nil
}

// While runs body, and has all that is written meanwhile reach the disk. Then it
// writes the rest and closes the file. Its result is body's; [File.Err] is about
// the recording.
func (f *File) While(body func() error) error {
	ctx, stop := context.WithCancel(context.Background())
	var flushing sync.WaitGroup
	flushing.Go(func() { f.keepFlushing(ctx) })
	defer flushing.Wait()
	defer stop()
	return body()
}

// Err is why the recording ended early; nil: it did not.
func (f *File) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *File) keepFlushing(ctx context.Context) {
	defer f.due.Stop()
	var b batch
	for more := true; more; {
		select {
		case <-ctx.Done():
			more = false
		case <-f.due.C:
		case <-f.soon:
		}
		more = f.flush(&b) && more
	}
	f.fail(f.disk.Close())
}

// batch is what goes to the disk in one write.
type batch struct {
	frames []byte
	offset int64  // where it goes
	before uint32 // checksum of the frame before it
}

// flush writes what waits, and reports whether there may be more. If it fails the
// file ends where the batch began.
func (f *File) flush(b *batch) (more bool) {
	f.mu.Lock()
	f.due.Stop()
	b.frames, f.waiting = f.waiting, b.frames[:0]
	chain, more := f.chain, f.err == nil
	f.mu.Unlock()
	if len(b.frames) == 0 {
		return more
	}
	if _, err := f.disk.Write(b.frames); err != nil {
		f.fail(err)
		f.fail(f.cut(b, err))
		return false
	}
	b.offset, b.before = b.offset+int64(len(b.frames)), chain
	return more
}

// cut leaves out a batch that could not be written and ends the file before it,
// with the reason if that can be written.
func (f *File) cut(b *batch, why error) error {
	if err := f.disk.Truncate(b.offset); err != nil {
		return err
	}
	if b.offset == 0 {
		return nil // not even the header is there
	}
	if _, err := f.disk.Seek(b.offset, io.SeekStart); err != nil {
		return err
	}
	_, err := f.disk.Write(lastFrame(why.Error(), b.before))
	return err
}

func (f *File) fail(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = errors.Join(f.err, err)
}
