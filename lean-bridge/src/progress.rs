//! How long work tells its caller how far it is, without knowing who looks.

/// A step of a long job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A phase begins; `total` in `unit`s where it is known.
    Begin {
        /// `download`, `unpack`, `prepare`, `compile`, …
        phase: &'static str,
        /// A sentence for people.
        message: String,
        /// Units of work in all.
        total: Option<u64>,
    },
    /// So many units of the phase are done.
    Advance {
        /// The phase.
        phase: &'static str,
        /// Units done so far.
        done: u64,
    },
    /// The phase is over.
    End {
        /// The phase.
        phase: &'static str,
    },
}

/// Receives progress; must be cheap.
pub type ProgressSink<'a> = &'a (dyn Fn(Progress) + Send + Sync);
