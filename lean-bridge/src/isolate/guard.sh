# Runs "$@" with a deep stack and without core files, and ends it when its parent is gone.
ulimit -c 0 2>/dev/null
ulimit -s 65536 2>/dev/null || ulimit -s "$(ulimit -H -s)" 2>/dev/null
worker=$$
parent=$PPID
(
  exec </dev/null >/dev/null 2>&1
  while kill -0 "$worker"; do
    kill -0 "$parent" || kill -9 "$worker"
    sleep 1
  done
) &
exec "$@"
