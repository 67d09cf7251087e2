//! Level 3 for many theorems at once: one text, one elaboration, one replay; bisected where that fails.
//!
//! A text's theorems are judged one by one, so a bad one does not condemn its neighbours. What can is a
//! text that ends its worker or runs out of its time: then each half is tried by itself, down to the one
//! theorem that does it.

use std::future::Future;

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::text::{TextReport, TextRequest};
use lakatos_lean_bridge::verdict::{Reason, STANDARD_AXIOMS, Verdict};

/// A theorem with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// Its full name, unique among those that are judged together.
    pub name: String,
    /// `theorem NAME … := …`, whole, without a trailing newline.
    pub text: String,
    /// `theorem NAME … := by sorry`.
    pub reference: String,
}

/// Who judges a text. The pool does; tests put others in its place to see what a bad text does to good ones.
pub trait Judge: Sync {
    /// Judges a finished text.
    fn judge(&self, request: TextRequest) -> impl Future<Output = TextReport> + Send;
}

impl Judge for Pool {
    async fn judge(&self, request: TextRequest) -> TextReport {
        self.text(&request).await
    }
}

/// Milliseconds for a text of so many theorems, for elaboration and replay each: an end to what hangs,
/// far above what any of them takes.
fn timeout_ms(theorems: usize) -> u64 {
    60_000 + 2_000 * theorems as u64
}

/// A verdict for each theorem, in order.
pub async fn verify<J: Judge>(
    judge: &J,
    environment: &EnvironmentSpec,
    theorems: &[Proved],
) -> Vec<Verdict> {
    let mut verdicts: Vec<Option<Verdict>> = vec![None; theorems.len()];
    let mut waiting = Vec::from([(0, theorems.len())]);
    while let Some((from, to)) = waiting.pop() {
        let range = from..to;
        let part = &theorems[range.clone()];
        if part.is_empty() {
            continue;
        }
        let report = judge.judge(request(environment, part)).await;
        let judged = |theorem: &Proved| {
            let of = |t: &&lakatos_lean_bridge::verdict::Judged| t.name == theorem.name;
            report.theorems.iter().find(of).map(|t| t.verdict.clone())
        };
        let found: Vec<Option<Verdict>> = part.iter().map(judged).collect();
        if part.len() > 1 && found.iter().any(|v| unsettled(v.as_ref())) {
            let middle = from + part.len() / 2;
            waiting.push((middle, to));
            waiting.push((from, middle));
            continue;
        }
        for (place, verdict) in range.zip(found) {
            verdicts[place] = Some(verdict.unwrap_or_else(|| alone(&report)));
        }
    }
    let missing = || Verdict::Fault {
        reason: Reason {
            class: "unjudged".into(),
            message: "it was not judged".into(),
        },
    };
    verdicts
        .into_iter()
        .map(|v| v.unwrap_or_else(missing))
        .collect()
}

/// Whether a theorem of a text must be judged again in a smaller one.
pub(crate) fn unsettled(verdict: Option<&Verdict>) -> bool {
    !matches!(
        verdict,
        Some(Verdict::Accepted { .. } | Verdict::Rejected { .. })
    )
}

/// What is said of the only theorem of a text that has no verdict of its own.
fn alone(report: &TextReport) -> Verdict {
    match &report.verdict {
        // A text without the theorem that it should hold proves nothing.
        Verdict::Accepted { .. } => Verdict::Rejected {
            reason: Reason {
                class: "missing".into(),
                message: "the text does not declare the theorem".into(),
            },
        },
        other => other.clone(),
    }
}

fn request(environment: &EnvironmentSpec, theorems: &[Proved]) -> TextRequest {
    let join = |part: fn(&Proved) -> &str| {
        let parts: Vec<&str> = theorems.iter().map(part).collect();
        parts.join("\n\n")
    };
    TextRequest {
        environment: environment.clone(),
        text: join(|t| &t.text),
        names: theorems.iter().map(|t| t.name.clone()).collect(),
        reference: join(|t| &t.reference),
        axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
        timeout_ms: timeout_ms(theorems.len()),
        infotree: None,
        only_clean: false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use lakatos_lean_bridge::verdict::{Judged, Level};

    use super::*;

    /// A judge whose worker dies over one theorem, and which rejects another.
    #[derive(Default)]
    struct Fragile(Mutex<Vec<usize>>);

    impl Judge for Fragile {
        async fn judge(&self, request: TextRequest) -> TextReport {
            self.0.lock().unwrap().push(request.names.len());
            let reason = |class: &str| Reason {
                class: class.into(),
                message: class.into(),
            };
            let accepted = Verdict::Accepted {
                level: Level::Kernel,
                axioms: vec![],
                library_bodies: false,
            };
            let died = request.text.contains("deadly");
            let theorems = if died { vec![] } else { request.names };
            let judged = |name: String| Judged {
                verdict: match name.as_str() {
                    "bad" => Verdict::Rejected {
                        reason: reason("kernel"),
                    },
                    _ => accepted.clone(),
                },
                name,
                statements: None,
                checker: None,
            };
            TextReport {
                verdict: match died {
                    true => Verdict::Declined {
                        reason: reason("worker_died"),
                    },
                    false => accepted.clone(),
                },
                elaborated: None,
                theorems: theorems.into_iter().map(judged).collect(),
                library: None,
                elaboration_seconds: 0.0,
                kernel_seconds: 0.0,
                memory_mb: None,
            }
        }
    }

    fn theorem(name: &str) -> Proved {
        Proved {
            name: name.into(),
            text: format!("theorem {name} : True := trivial"),
            reference: format!("theorem {name} : True := by sorry"),
        }
    }

    #[tokio::test]
    async fn a_deadly_theorem_is_found_and_its_neighbours_are_kept() {
        let names = ["a", "b", "deadly", "c", "bad", "d", "e"];
        let theorems: Vec<Proved> = names.iter().map(|n| theorem(n)).collect();
        let judge = Fragile::default();
        let verdicts = verify(&judge, &EnvironmentSpec::default(), &theorems).await;
        let words: Vec<&str> = verdicts.iter().map(Verdict::word).collect();
        let accepted = "accepted";
        assert_eq!(
            words,
            [
                accepted, accepted, "declined", accepted, "rejected", accepted, accepted
            ]
        );
        assert_eq!(judge.0.into_inner().unwrap(), [7, 3, 1, 2, 1, 1, 4]);
    }

    #[tokio::test]
    async fn a_bad_theorem_alone_needs_no_second_text() {
        let theorems = [theorem("a"), theorem("bad")];
        let judge = Fragile::default();
        verify(&judge, &EnvironmentSpec::default(), &theorems).await;
        assert_eq!(judge.0.into_inner().unwrap(), [2]);
    }
}
