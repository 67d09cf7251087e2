//! What the machine has to run Lean with.

/// Processor cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Memory that can still be used, in MB, where the system says so.
pub fn available_memory_mb() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find(|l| l.starts_with("MemAvailable:"))?;
    let kb: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb / 1024)
}

/// How many processes of Lean to run at once, each of about 1 GB, where `reserve_mb` are for others: at least one, and at
/// most as many as there are cores.
pub fn processes(reserve_mb: u64) -> usize {
    const EACH_MB: u64 = 1200;
    let by_memory = available_memory_mb()
        .and_then(|mb| usize::try_from(mb.saturating_sub(reserve_mb) / EACH_MB).ok());
    by_memory.unwrap_or(usize::MAX).min(cores()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_room_for_one() {
        assert_eq!(
            processes(u64::MAX),
            if available_memory_mb().is_some() {
                1
            } else {
                cores()
            }
        );
        assert!((1..=cores()).contains(&processes(0)));
    }
}
