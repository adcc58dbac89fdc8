// A file system in memory, for Go's programs in this worker: of Node's fs, which they
// call, what a script's run needs. It takes the place of the one in wasm_exec.js, in
// which nothing can be opened.
(() => {
  const O = { O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128, O_TRUNC: 512, O_APPEND: 1024, O_DIRECTORY: 65536 };
  const S = { dir: 0o40755, file: 0o100644 };
  const dir = () => ({ dir: true, at: Date.now() });
  const file = () => ({ dir: false, at: Date.now(), bytes: new Uint8Array(0), size: 0 });
  const all = new Map([['/', dir()], ['/tmp', dir()]]);
  const opened = new Map(); // by descriptor: {path, entry, flags, at}
  let last = 2;             // descriptor

  const clean = (path) => path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
  const parent = (path) => path.slice(0, path.lastIndexOf('/')) || '/';
  const inside = (path) => [...all.keys()].filter((p) => p !== '/' && parent(p) === path);
  const error = (code) => Object.assign(new Error(code), { code });
  const entryOf = (path) => {
    const entry = all.get(clean(path));
    if (!entry) throw error('ENOENT');
    return entry;
  };
  const open = (fd) => {
    if (!opened.has(fd)) throw error('EBADF');
    return opened.get(fd);
  };
  const stat = (entry) => ({
    dev: 0, ino: 0, mode: entry.dir ? S.dir : S.file, nlink: 1, uid: 0, gid: 0, rdev: 0, size: entry.dir ? 0 : entry.size,
    blksize: 4096, blocks: 0, atimeMs: entry.at, mtimeMs: entry.at, ctimeMs: entry.at, isDirectory: () => entry.dir,
  });
  const put = (path, entry) => {
    if (!entryOf(parent(path)).dir) throw error('ENOTDIR');
    all.set(path, entry);
    return entry;
  };
  const resize = (entry, size) => {
    if (size > entry.bytes.length) {
      const more = new Uint8Array(Math.max(size, 2 * entry.bytes.length));
      more.set(entry.bytes.subarray(0, entry.size));
      entry.bytes = more;
    }
    if (size < entry.size) entry.bytes.fill(0, size, entry.size);
    entry.size = size;
  };

  const calls = {
    open(path, flags) {
      path = clean(path);
      if (flags & O.O_CREAT && flags & O.O_EXCL && all.has(path)) throw error('EEXIST');
      const entry = all.get(path) ?? (flags & O.O_CREAT ? put(path, file()) : entryOf(path));
      if (entry.dir && flags & (O.O_WRONLY | O.O_RDWR)) throw error('EISDIR');
      if (!entry.dir && flags & O.O_DIRECTORY) throw error('ENOTDIR');
      if (flags & O.O_TRUNC) resize(entry, 0);
      opened.set(++last, { entry, flags, at: 0 });
      return last;
    },
    close(fd) { open(fd); opened.delete(fd); },
    read(fd, buffer, offset, length, position) {
      const f = open(fd), from = position ?? f.at;
      if (f.entry.dir) throw error('EISDIR');
      const part = f.entry.bytes.subarray(from, Math.min(f.entry.size, from + length));
      buffer.set(part, offset);
      if (position === null) f.at += part.length;
      return part.length;
    },
    write(fd, buffer, offset, length, position) {
      const f = open(fd), from = position ?? (f.flags & O.O_APPEND ? f.entry.size : f.at);
      if (from + length > f.entry.size) resize(f.entry, from + length);
      f.entry.bytes.set(buffer.subarray(offset, offset + length), from);
      f.entry.at = Date.now();
      if (position === null) f.at = from + length;
      return length;
    },
    ftruncate(fd, length) { resize(open(fd).entry, length); },
    fstat: (fd) => stat(open(fd).entry),
    stat: (path) => stat(entryOf(path)),
    lstat: (path) => stat(entryOf(path)),
    mkdir(path) {
      if (all.has(clean(path))) throw error('EEXIST');
      put(clean(path), dir());
    },
    readdir(path) {
      if (!entryOf(path).dir) throw error('ENOTDIR');
      return inside(clean(path)).map((p) => p.slice(p.lastIndexOf('/') + 1));
    },
    unlink(path) {
      if (entryOf(path).dir) throw error('EISDIR');
      all.delete(clean(path));
    },
    rmdir(path) {
      if (!entryOf(path).dir) throw error('ENOTDIR');
      if (inside(clean(path)).length > 0) throw error('ENOTEMPTY');
      all.delete(clean(path));
    },
    chmod: (path) => void entryOf(path),
    fchmod: (fd) => void open(fd),
    fsync: (fd) => void open(fd),
  };

  const { write: toConsole } = fs;
  fs.constants = O;
  for (const [name, call] of Object.entries(calls)) {
    fs[name] = (...args) => {
      if (name === 'write' && args[0] <= 2) { toConsole.apply(fs, args); return; }
      const done = args.pop();
      let value;
      try { value = call(...args); } catch (e) {
        if (!e.code) throw e;
        done(e);
        return;
      }
      done(null, value);
    };
  }
})();
