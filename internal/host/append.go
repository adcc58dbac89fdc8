package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gossiprpc/internal/regular"
)

// appendTo puts data at the end of a file and syncs it: all of it, or after an error
// nothing. A process can be killed while it writes, so it first leaves a mark beside
// the file from where to where it is going to write. Whoever appends next finds the
// mark and cuts off what was not finished.
func appendTo(path string, data []byte) (err error) {
	f, err := regular.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("append: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	mark := markFile(path)
	if err := cutTorn(f, mark); err != nil {
		return fmt.Errorf("append: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("append: %w", err)
	}
	before := info.Size()
	marked := leaveMark(mark, before, before+int64(len(data)))
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = fmt.Errorf("append: %w", err)
		if cut := f.Truncate(before); cut != nil {
			return errors.Join(err, fmt.Errorf("cut off what was written: %w", cut)) // the mark stays for the next time
		}
	}
	if marked {
		err = errors.Join(err, os.Remove(mark))
	}
	return err
}

// markFile is where the mark of a file lies.
func markFile(path string) string {
	dir, base := filepath.Split(path)
	return filepath.Join(dir, "."+base+".appending")
}

// leaveMark returns false where no mark can be left, such as in a folder that is read
// only: then a kill at the wrong instant can leave a torn end.
func leaveMark(mark string, from, to int64) bool {
	f, err := regular.OpenFile(mark, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return false
	}
	_, err = fmt.Fprintf(f, "%d %d .\n", from, to)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(mark) // half of a mark says nothing, and is overwritten next time
		return false
	}
	return true
}

// cutTorn finishes what a killed process has left: if its write did not end, what
// there is of it is cut off.
func cutTorn(f *os.File, mark string) error {
	text, err := regular.Read(mark, 64)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var from, to int64
	var end string
	if n, _ := fmt.Sscanf(string(text), "%d %d %s\n", &from, &to, &end); n == 3 && end == "." {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if size := info.Size(); from < size && size < to {
			if err := f.Truncate(from); err != nil {
				return err
			}
		}
	} // else it was killed before it wrote
	return os.Remove(mark)
}
