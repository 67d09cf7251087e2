//! Large pages, for memory that is read from end to end at every token: in small ones, a virtual machine spends much of its time
//! on finding where they are.

/// Asks the system for large pages behind `memory`, which nothing should have been written to yet. It may decline.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a system call on a range of addresses")]
pub fn ask<T>(memory: &mut [T]) {
    use rustix::mm::{Advice, madvise};

    let page = rustix::param::page_size();
    let range = memory.as_mut_ptr_range();
    let (start, end) = (range.start as usize, range.end as usize);
    let (from, to) = (start.next_multiple_of(page), end / page * page);
    if from < to {
        let at = range.start.wrapping_byte_add(from - start);
        // SAFETY: the whole pages lie inside the slice, and this advice changes nothing of what they hold. A refusal costs speed.
        let _ = unsafe { madvise(at.cast(), to - from, Advice::LinuxHugepage) };
    }
}

/// Elsewhere the system decides by itself.
#[cfg(not(target_os = "linux"))]
pub fn ask<T>(_memory: &mut [T]) {}
