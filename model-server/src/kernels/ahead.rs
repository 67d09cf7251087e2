//! Weights and states asked for before they are needed.
//!
//! Both are read from one end to the other, but a processor's own prefetcher stops at the end of each page of 4 KiB and does not
//! run far enough ahead of code that computes as fast as memory delivers.

#![expect(unsafe_code, reason = "a hint to the processor's caches")]

/// Bytes that memory delivers together.
const LINE: usize = 64;

/// Asks for as much as `here` holds, `bytes` after it, which may be past the end of what `here` is part of.
#[inline(always)]
pub fn fetch<T>(here: &[T], bytes: usize) {
    let at = here.as_ptr().cast::<u8>().wrapping_add(bytes);
    for line in (0..size_of_val(here)).step_by(LINE) {
        let address = at.wrapping_add(line);
        // SAFETY: it is a hint, which reads nothing and faults at no address; every x86-64 has the instruction.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(address.cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = address;
    }
}
