//! Bytes of any kind as a file of problems or of finished proofs: read or refused, never a panic.
#![no_main]

use lakatos_datasets::format::solutions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for path in ["fuzz.lean", "fuzz.jsonl", "fuzz.json"] {
        let _ = solutions::read_bytes(path, bytes);
    }
});
