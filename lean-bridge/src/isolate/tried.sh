# Says what can be done here that should not be: reading $1, writing the others, a network device,
# a system call that the filter refuses, a process. Only the last starts a process.
exec 2>/dev/null
{ read -r line <"$1"; } && echo reads
shift
for place; do { echo >"$place"; } && echo writes; done
seen=
while read -r name value; do
  case $name in
    NoNewPrivs:) [ "$value" = 1 ] || echo privileges ;;
    CapEff:) [ "$value" = 0000000000000000 ] || echo capabilities ;;
    Seccomp:) seen=$value ;;
  esac
done </proc/self/status
[ "$seen" = 2 ] || echo calls
while read -r device numbers; do
  case $device in Inter-* | face* | lo:*) ;; *) echo network ;; esac
done </proc/net/dev
echo end
(exit 0) && echo processes
