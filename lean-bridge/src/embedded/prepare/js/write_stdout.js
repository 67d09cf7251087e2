// Standard output and error are written as whole buffers, not a character at a time.
if (ENVIRONMENT_IS_NODE && (stream.fd === 1 || stream.fd === 2)) {
  var chunk = Buffer.from(buffer.slice(offset, offset + length));
  for (var done = 0; done < length; ) {
    try {
      done += fs.writeSync(stream.fd, chunk, done, length - done);
    } catch (e) {
      if (e.code !== "EAGAIN") throw new FS.ErrnoError(29);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
  return length;
}
