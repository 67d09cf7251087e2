//! Weights asked for before they are needed.
//!
//! A matrix is read from one end to the other, but a processor's own prefetcher stops at the end of each page of 4 KiB and does not
//! run far enough ahead of code that multiplies about as fast as memory delivers.

use super::{CELL, SCALES};

/// Groups between the one that is computed and the one that is asked for: 32 KiB of weights, into a second cache, since what they are
/// multiplied by takes the first.
const AHEAD: usize = 64;
/// Bytes that memory delivers together.
const LINE: usize = 64;

/// Asks for the weights [`AHEAD`] groups after the given ones, which may be past their matrix's end.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn weights(given: &[u8]) {
    for line in given.chunks(LINE) {
        hint(line.as_ptr().wrapping_add(AHEAD * CELL));
    }
}

/// Asks for the scales [`AHEAD`] groups after those of a group.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn scales(given: &[u16]) {
    hint(given.as_ptr().wrapping_add(AHEAD * SCALES).cast());
}

/// Asks for the groups that a pass begins with, which nothing comes before.
pub fn begin(weights: &[u8], scales: &[u16]) {
    let groups = weights.chunks(CELL).zip(scales.chunks(SCALES));
    for (cell, scales) in groups.take(AHEAD) {
        for line in cell.chunks(LINE) {
            hint(line.as_ptr());
        }
        hint(scales.as_ptr().cast());
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "a hint to the processor's caches")]
#[inline(always)]
fn hint(address: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    // SAFETY: it is a hint, which reads nothing and faults at no address; every x86-64 has the instruction.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
}

/// Other machines are left to their own prefetchers.
#[cfg(not(target_arch = "x86_64"))]
fn hint(_: *const u8) {}
