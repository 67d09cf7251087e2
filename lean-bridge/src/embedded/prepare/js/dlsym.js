// dlsym through the hash table in lean.syms (see prepare/symbols.rs). Unlike the published one it
// also knows data symbols, and it does not scan 200,000 names.
var __symbols;
var __loadSymbols = () => {
  var file = fs.readFileSync(locateFile("lean.syms"));
  var words = new Uint32Array(file.buffer, file.byteOffset, file.byteLength >> 2);
  var n = words[0];
  return {
    n,
    first: words.subarray(1, 1 + n),
    second: words.subarray(1 + n, 1 + 2 * n),
    value: words.subarray(1 + 2 * n, 1 + 3 * n),
  };
};
var __dlsym_js = (handle, symbol, symbolIndex) => {
  growMemViews();
  var table = (__symbols ??= __loadSymbols());
  var first = 0x811c9dc5, second = 0x9747b28c;
  for (var p = symbol, byte; (byte = HEAPU8[p]); p++) {
    first = Math.imul(first ^ byte, 0x01000193);
    second = Math.imul(second ^ byte, 0x5bd1e995);
    second ^= second >>> 15;
  }
  first >>>= 0;
  second >>>= 0;
  var low = 0, high = table.n;
  while (low < high) {
    var middle = (low + high) >>> 1;
    if (table.first[middle] < first) low = middle + 1;
    else high = middle;
  }
  for (; low < table.n && table.first[low] === first; low++)
    if (table.second[low] === second) return table.value[low];
  dlSetError("unknown symbol " + UTF8ToString(symbol));
  return 0;
};
