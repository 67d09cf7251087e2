// The mounts that the launcher named. (Functions, because some are called above this place.)
var __mountList;
function __mounts() {
  return (__mountList ??= JSON.parse(process.env.LEAN_MOUNTS ?? "[]"));
}

// The memory cap that the launcher named, in wasm pages of 64 KiB; at most 2 GiB.
function __memoryPages() {
  return Math.min(32768, 16 * +(process.env.LEAN_MEMORY_MB ?? 2048));
}

// Stands where the published glue evaluated text as JavaScript or reached for the network.
function __refuse(what) {
  throw new Error("refused: the sandbox of the embedded Lean has no " + what);
}

// Worker threads read .olean files of read-only mounts themselves. Every other file call of a worker
// goes to the main thread, which polls once a millisecond while it is blocked: nine calls for one
// .olean file were 9.5 ms.
var HostFiles = {
  openFiles: new Map(),
  FIRST: 1e6,
  // The host's path of a guest path, if it is below a read-only mount.
  host(pointer, compiledOnly) {
    var path = UTF8ToString(pointer);
    if (path.includes("..")) return;
    if (compiledOnly && !/\.(olean|ir)(\.|$)/.test(path)) return;
    var best;
    for (var mount of __mounts())
      if (path.startsWith(mount.guest + "/") && !(best?.guest.length > mount.guest.length))
        best = mount;
    if (best && !best.write) return best.host + path.slice(best.guest.length);
  },
  stat(pointer, buffer) {
    var path = HostFiles.host(pointer);
    if (!path) return;
    try {
      var stat = fs.statSync(path, { throwIfNoEntry: false });
    } catch {
      return -2;
    }
    return stat ? SYSCALLS.writeStat(buffer, stat) : -44;
  },
  open(pointer, flags) {
    if (flags & (3 | 64 | 512)) return;
    var path = HostFiles.host(pointer, true);
    if (!path) return;
    try {
      var fd = fs.openSync(path);
    } catch {
      return -44;
    }
    HostFiles.openFiles.set(fd + HostFiles.FIRST, { fd, position: 0 });
    return fd + HostFiles.FIRST;
  },
  get(fd) {
    return fd >= HostFiles.FIRST ? HostFiles.openFiles.get(fd) : undefined;
  },
  close(file, fd) {
    fs.closeSync(file.fd);
    HostFiles.openFiles.delete(fd);
    return 0;
  },
  read(file, iov, count, result) {
    growMemViews();
    var total = 0;
    for (var i = 0; i < count; i++) {
      var pointer = HEAPU32[(iov + 8 * i) >> 2];
      var length = HEAPU32[(iov + 8 * i + 4) >> 2];
      if (!length) continue;
      var n = fs.readSync(file.fd, HEAPU8, pointer, length, file.position);
      file.position += n;
      total += n;
      if (n < length) break;
    }
    HEAPU32[result >> 2] = total;
    return 0;
  },
  seek(file, offset, whence, result) {
    offset = Number(offset);
    if (whence === 0) file.position = offset;
    else if (whence === 1) file.position += offset;
    else file.position = fs.fstatSync(file.fd).size + offset;
    growMemViews();
    HEAP64[result >> 3] = BigInt(file.position);
    return 0;
  },
};

// Nothing here needs them, and nothing that runs inside shall find them.
for (var name of ["fetch", "WebSocket", "EventSource"]) delete globalThis[name];
