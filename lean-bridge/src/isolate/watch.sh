# Ends process $1 when process $2 is gone.
exec </dev/null >/dev/null 2>&1
cd /
while kill -0 "$1"; do
  kill -0 "$2" || kill -9 "$1"
  sleep 1
done
