// Only what LEAN_MOUNTS names exists inside: a JSON array of {host, guest, write}, parents first.
// Everything else is an empty file system in memory that ends with the process.
FS.mkdirTree("/bin");
FS.writeFile("/bin/lean.wasm", "");
for (var mount of __mounts()) {
  FS.mkdirTree(mount.guest);
  FS.mount(NODEFS, { root: mount.host, ro: !mount.write }, mount.guest);
}
var cwd = process.env.LEAN_CWD ?? "/guest";
FS.mkdirTree(cwd);
