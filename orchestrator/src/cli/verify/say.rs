//! Verdicts as a person or a program reads them, and how many of each there were.

use lakatos_lean_bridge::launch::Isolation;
use lakatos_lean_bridge::verdict::{Judged, Level, Report, Verdict};
use serde::Serialize;

use crate::exit::Exit;
use crate::progress::{Console, first_line};

/// One theorem's verdict as an event.
#[derive(Serialize)]
struct Said<'a> {
    event: &'static str,
    place: &'a str,
    #[serde(flatten)]
    judged: &'a Judged,
    proved: bool,
    /// Of the whole text that the theorem stands in.
    seconds: f64,
    memory_mb: Option<u64>,
    isolation: &'a Isolation,
}

/// How many verdicts of each kind.
#[derive(Serialize)]
pub struct Totals {
    event: &'static str,
    /// What an acceptance must have reached to count as one.
    level: Level,
    theorems: u32,
    accepted: u32,
    rejected: u32,
    declined: u32,
    faults: u32,
    input_errors: u32,
}

impl Totals {
    /// None yet, with so many inputs that could not be used.
    pub fn new(input_errors: u32, level: Level) -> Self {
        Self {
            event: "summary",
            level,
            theorems: 0,
            accepted: 0,
            rejected: 0,
            declined: 0,
            faults: 0,
            input_errors,
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        self.theorems += 1;
        *match verdict {
            Verdict::Accepted { level, .. } if *level >= self.level => &mut self.accepted,
            Verdict::Accepted { .. } | Verdict::Declined { .. } => &mut self.declined,
            Verdict::Rejected { .. } => &mut self.rejected,
            Verdict::Fault { .. } => &mut self.faults,
        } += 1;
    }

    /// How the command ends: what is worst decides.
    pub fn exit(&self) -> Exit {
        if self.faults > 0 {
            Exit::Internal
        } else if self.rejected > 0 {
            Exit::NotAccepted
        } else if self.declined > 0 || self.input_errors > 0 {
            Exit::Usage
        } else {
            Exit::Success
        }
    }

    /// Prints the verdicts on one text and counts them.
    pub fn say(&mut self, console: &Console, place: &str, report: &Report, isolation: &Isolation) {
        for judged in &report.theorems {
            self.count(&judged.verdict);
            if console.is_json() {
                console.json(&Said {
                    event: "verdict",
                    place,
                    judged,
                    proved: judged.verdict.is_proved(),
                    seconds: report.elaboration_seconds + report.kernel_seconds,
                    memory_mb: report.memory_mb,
                    isolation,
                });
            } else {
                lines(place, judged)
                    .into_iter()
                    .for_each(|l| console.out(l));
            }
        }
    }

    /// Prints the counts.
    pub fn end(&self, console: &Console, isolation: &Isolation) {
        if console.is_json() {
            return console.json(self);
        }
        console.out(format!(
            "{} of {} theorems accepted, {} rejected, {} declined, {} faults",
            self.accepted, self.theorems, self.rejected, self.declined, self.faults
        ));
        console.say(format!("submissions were {isolation}"));
    }
}

fn lines(place: &str, judged: &Judged) -> Vec<String> {
    let Judged {
        name,
        verdict,
        statements,
        checker,
    } = judged;
    let words = match verdict {
        Verdict::Accepted {
            level,
            axioms,
            library_bodies,
        } => {
            let axioms = match axioms.as_slice() {
                [] => "no axioms".to_owned(),
                axioms => axioms.join(", "),
            };
            let library = match (library_bodies, checker) {
                (true, _) => String::new(),
                (false, None) => ", the library taken as given".to_owned(),
                (false, Some(checked)) => format!(
                    ", {} of the library's constants taken as given",
                    checked.axioms_given
                ),
            };
            format!("level {}, {axioms}{library}", u8::from(*level))
        }
        Verdict::Rejected { reason } | Verdict::Declined { reason } | Verdict::Fault { reason } => {
            format!("{}: {}", reason.class, first_line(&reason.message))
        }
    };
    let mut lines = vec![format!("{:<9} {place} {name} ({words})", verdict.word())];
    let another = |r: &lakatos_lean_bridge::verdict::Reason| r.class == "statement";
    if let (Verdict::Rejected { reason }, Some(statements)) = (verdict, statements)
        && another(reason)
    {
        lines.push(format!("  challenge: {}", statements.challenge));
        lines.push(format!("  solution:  {}", statements.submission));
    }
    lines
}
