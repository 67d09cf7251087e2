// Standard input gives what is there. The published glue blocks until 256 bytes have come and
// splits UTF-8.
if (ENVIRONMENT_IS_NODE && stream.fd === 0) {
  var chunk = Buffer.alloc(length);
  for (;;) {
    try {
      var n = fs.readSync(0, chunk, 0, length, null);
      buffer.set(chunk.subarray(0, n), offset);
      return n;
    } catch (e) {
      if (e.code === "EOF") return 0;
      if (e.code !== "EAGAIN") throw new FS.ErrnoError(29);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
