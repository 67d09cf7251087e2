//! Bytes of any kind as a worker's standard output: the same answers however the bytes were cut, each read or refused,
//! never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, output)) = bytes.split_first() else {
        return;
    };
    lakatos_lean_bridge::testing::worker_output(output, usize::from(size));
});
