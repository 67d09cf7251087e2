//! What this process and everything below it take, where the system tells it (Linux).

/// Ticks of the processor's clock in a second, as `/proc` counts them.
const TICKS: f64 = 100.0;

/// A moment's sums.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// Seconds of processor time, of processes that have ended too.
    pub cpu: f64,
    /// Resident memory in MiB.
    pub memory_mb: f64,
    /// Processes, this one included.
    pub processes: usize,
}

impl Usage {
    /// Of this process and what it started.
    pub fn now() -> Self {
        Self::of(std::process::id())
    }

    /// Of a process and what it started.
    pub fn of(pid: u32) -> Self {
        let mut sum = Self::default();
        let mut pending = vec![pid];
        while let Some(pid) = pending.pop() {
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
                continue;
            };
            let Some((_, fields)) = stat.rsplit_once(')') else {
                continue;
            };
            let fields: Vec<&str> = fields.split_whitespace().collect();
            let number = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok());
            // Its own time and that of the children it has waited for.
            sum.cpu += (11..15).filter_map(number).sum::<f64>() / TICKS;
            sum.memory_mb += resident_mb(pid);
            sum.processes += 1;
            pending.extend(children(pid));
        }
        sum
    }

    /// Seconds of processor time since then.
    pub fn cpu_since(&self, then: &Self) -> f64 {
        (self.cpu - then.cpu).max(f64::MIN_POSITIVE)
    }
}

/// All processes below one.
pub fn below(pid: u32) -> Vec<u32> {
    let (mut all, mut pending) = (Vec::new(), children(pid));
    while let Some(pid) = pending.pop() {
        all.push(pid);
        pending.extend(children(pid));
    }
    all
}

/// Whether a process is at work: one that has ended and that nobody has asked after is not.
pub fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// Resident memory of one process, in MiB.
pub fn resident_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kb = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kb.unwrap_or(0.0) / 1024.0
}

/// Children of all of its threads.
fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let of = |path: std::path::PathBuf| std::fs::read_to_string(path.join("children")).ok();
    threads
        .filter_map(|t| of(t.ok()?.path()))
        .flat_map(|text| {
            let pids = text.split_whitespace().filter_map(|p| p.parse().ok());
            pids.collect::<Vec<u32>>()
        })
        .collect()
}
