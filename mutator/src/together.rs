//! Theorems of many targets judged as one text.
//!
//! A text costs its worker and the kernel's process more than a theorem in it does. So texts that are asked
//! for at about the same time become one; which ones is a matter of timing and decides nothing. Where
//! the verdict on one is open afterwards, each text is judged again by itself.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lakatos_lean_bridge::text::{TextReport, TextRequest, brings_code};
use lakatos_lean_bridge::verdict::{Reason, Verdict};
use tokio::sync::{Notify, oneshot};

use crate::verify::{Judge, unsettled};

/// Theorems that make a text full.
const FULL: usize = 64;
/// How long the first text waits for others.
const LINGER: Duration = Duration::from_millis(1500);

/// A judge that makes one text of several.
pub struct Together<'j, J> {
    judge: &'j J,
    queue: Mutex<Queue>,
    full: Notify,
}

#[derive(Default)]
struct Queue {
    /// Whether somebody waits already to judge what is here.
    led: bool,
    asked: Vec<Asked>,
}

struct Asked {
    request: TextRequest,
    answer: oneshot::Sender<TextReport>,
}

/// Gives the lead back where its holder is dropped while it waits.
struct Lead<'q>(&'q Mutex<Queue>);

impl Lead<'_> {
    /// All that was asked so far; who asks next leads next.
    fn take(self) -> Vec<Asked> {
        let mut queue = lock(self.0);
        queue.led = false;
        let asked = std::mem::take(&mut queue.asked);
        drop(queue);
        std::mem::forget(self);
        asked
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        lock(self.0).led = false;
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'j, J: Judge> Together<'j, J> {
    /// Has `judge` judge the texts.
    pub fn new(judge: &'j J) -> Self {
        Self {
            judge,
            queue: Mutex::default(),
            full: Notify::new(),
        }
    }

    /// Judges texts that bring no code as one, and each alone where that leaves a verdict open.
    async fn judge_all(&self, all: Vec<Asked>) {
        if all.len() > 1 {
            let requests: Vec<&TextRequest> = all.iter().map(|a| &a.request).collect();
            let report = self.judge.judge(merged(&requests)).await;
            let judged = |name: &String| report.theorems.iter().find(|t| &t.name == name);
            let mut names = requests.iter().flat_map(|r| &r.names);
            if names.all(|name| !unsettled(judged(name).map(|t| &t.verdict))) {
                for one in all {
                    let theorems = one.request.names.iter().filter_map(judged).cloned();
                    let part = TextReport {
                        theorems: theorems.collect(),
                        ..report.clone()
                    };
                    let _ = one.answer.send(part);
                }
                return;
            }
        }
        for one in all {
            let report = self.judge.judge(one.request).await;
            let _ = one.answer.send(report);
        }
    }
}

/// One text of several, whose names differ.
fn merged(requests: &[&TextRequest]) -> TextRequest {
    let joined = |part: fn(&TextRequest) -> &str| {
        let parts: Vec<&str> = requests.iter().map(|r| part(r)).collect();
        parts.join("\n\n")
    };
    let mut whole = requests[0].clone();
    whole.text = joined(|r| &r.text);
    whole.reference = joined(|r| &r.reference);
    whole.names = requests.iter().flat_map(|r| r.names.clone()).collect();
    whole.timeout_ms = requests.iter().map(|r| r.timeout_ms).sum();
    whole
}

impl<J: Judge> Judge for Together<'_, J> {
    async fn judge(&self, request: TextRequest) -> TextReport {
        // The worker is ended after a text that may bring code: others are kept apart from it.
        if brings_code(&request.text) {
            return self.judge.judge(request).await;
        }
        let (answer, answered) = oneshot::channel();
        let leads = {
            let mut queue = lock(&self.queue);
            queue.asked.push(Asked { request, answer });
            let theorems: usize = queue.asked.iter().map(|a| a.request.names.len()).sum();
            if theorems >= FULL {
                self.full.notify_one();
            }
            !std::mem::replace(&mut queue.led, true)
        };
        if leads {
            let lead = Lead(&self.queue);
            let _ = tokio::time::timeout(LINGER, self.full.notified()).await;
            let asked = lead.take();
            self.judge_all(asked).await;
        }
        answered.await.unwrap_or_else(|_| lost())
    }
}

fn lost() -> TextReport {
    TextReport {
        verdict: Verdict::Fault {
            reason: Reason {
                class: "unjudged".into(),
                message: "it was not judged".into(),
            },
        },
        elaborated: None,
        theorems: Vec::new(),
        library: None,
        elaboration_seconds: 0.0,
        kernel_seconds: 0.0,
        memory_mb: None,
    }
}

#[cfg(test)]
mod tests {
    use lakatos_lean_bridge::EnvironmentSpec;
    use lakatos_lean_bridge::verdict::{Judged, Level};

    use super::*;
    use crate::verify::{Proved, verify};

    /// A judge whose worker dies over one theorem; notes the sizes of its texts.
    #[derive(Default)]
    struct Fragile(Mutex<Vec<usize>>);

    impl Judge for Fragile {
        async fn judge(&self, request: TextRequest) -> TextReport {
            self.0.lock().unwrap().push(request.names.len());
            let accepted = Verdict::Accepted {
                level: Level::Kernel,
                axioms: vec![],
                library_bodies: false,
            };
            if request.text.contains("deadly") {
                let reason = Reason {
                    class: "worker_died".into(),
                    message: "it died".into(),
                };
                return TextReport {
                    verdict: Verdict::Declined { reason },
                    ..lost()
                };
            }
            let judged = |name| Judged {
                name,
                verdict: accepted.clone(),
                statements: None,
                checker: None,
            };
            TextReport {
                verdict: accepted.clone(),
                theorems: request.names.into_iter().map(judged).collect(),
                ..lost()
            }
        }
    }

    fn theorems(names: &[&str]) -> Vec<Proved> {
        let theorem = |name: &&str| Proved {
            name: (*name).into(),
            text: format!("theorem {name} : True := trivial"),
            reference: format!("theorem {name} : True := by sorry"),
        };
        names.iter().map(theorem).collect()
    }

    async fn words(judge: &impl Judge, names: &[&str]) -> Vec<&'static str> {
        let verdicts = verify(judge, &EnvironmentSpec::default(), &theorems(names)).await;
        verdicts.iter().map(Verdict::word).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn texts_asked_for_together_are_one() {
        let judge = Fragile::default();
        let together = Together::new(&judge);
        let found = tokio::join!(words(&together, &["a", "b"]), words(&together, &["c"]));
        assert_eq!(found, (vec!["accepted"; 2], vec!["accepted"]));
        assert_eq!(*judge.0.lock().unwrap(), [3]);
        // And the next one is not waited for in vain.
        assert_eq!(words(&together, &["d"]).await, ["accepted"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadly_text_condemns_no_other() {
        let judge = Fragile::default();
        let together = Together::new(&judge);
        let found = tokio::join!(
            words(&together, &["a", "b"]),
            words(&together, &["deadly", "c"]),
            words(&together, &["d"])
        );
        let accepted = "accepted";
        assert_eq!(found.0, [accepted; 2]);
        assert_eq!(found.1, ["declined", accepted]);
        assert_eq!(found.2, [accepted]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_text_that_brings_code_stands_alone() {
        let judge = Fragile::default();
        let together = Together::new(&judge);
        let found = tokio::join!(words(&together, &["elab"]), words(&together, &["a", "b"]));
        assert_eq!(found, (vec!["accepted"], vec!["accepted"; 2]));
        assert_eq!(*judge.0.lock().unwrap(), [1, 2]);
    }
}
