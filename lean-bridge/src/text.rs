//! A finished text: what Lean says of it, and what its theorems are worth.
//!
//! The text states what it proves. One elaboration gives Lean's messages, in the shapes of the community
//! REPL, and the terms, which the kernel's process judges; see [`crate::pool::Pool::text`].

use serde::{Deserialize, Serialize};

use crate::EnvironmentSpec;
use crate::protocol::{EnvironmentKind, Severity};
use crate::verdict::{Judged, Level, Reason, Verdict};

/// Whether elaborating the text may run code that it brings along. Its worker is ended after it then, which
/// costs the next text a start.
pub fn brings_code(text: &str) -> bool {
    crate::pool::runs_code(text)
}

/// A text to be elaborated and judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRequest {
    /// Its imports. What else it stands in is part of the text.
    pub environment: EnvironmentSpec,
    /// The text after its imports.
    pub text: String,
    /// Full names of the theorems that it seems to hold. Those that Lean finds in it are judged too.
    pub names: Vec<String>,
    /// Its theorems with their proofs taken out: a text that brings code of its own must prove what these
    /// say before that code has run.
    pub reference: String,
    /// Allowed axioms.
    pub axioms: Vec<String>,
    /// Time for the elaboration and for the replay, each, in milliseconds.
    pub timeout_ms: u64,
    /// Which nodes of the info trees are wanted: `full`, `tactics`, `original` or `substantive`.
    pub infotree: Option<String>,
    /// Judge nothing where Lean reports an error.
    pub only_clean: bool,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 0.
    pub column: u32,
}

/// One of Lean's messages, as the community REPL shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// How bad it is.
    pub severity: Severity,
    /// Where it begins.
    pub pos: Place,
    /// Where it ends, where Lean says so.
    pub end_pos: Option<Place>,
    /// What Lean says.
    pub data: String,
}

impl Said {
    /// An error about the text as a whole.
    pub fn error(data: String) -> Self {
        Self {
            severity: Severity::Error,
            pos: Place { line: 1, column: 0 },
            end_pos: None,
            data,
        }
    }
}

/// A `sorry` of the text, as the community REPL shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hole {
    /// Where it begins.
    pub pos: Place,
    /// Where it ends.
    pub end_pos: Place,
    /// The goal there.
    pub goal: String,
}

/// What the submission's process says of a text. Nothing of it makes a verdict better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Elaborated {
    /// Lean's messages.
    #[serde(default)]
    pub messages: Vec<Said>,
    /// Its holes.
    #[serde(default)]
    pub sorries: Vec<Hole>,
    /// The info trees that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infotree: Option<serde_json::Value>,
    /// Lines of examples that Lean does not take for theorems, and that therefore are not judged.
    #[serde(default)]
    pub unnamed: Vec<u32>,
}

impl Elaborated {
    /// The first error.
    pub fn error(&self) -> Option<&Said> {
        self.messages.iter().find(|m| m.severity == Severity::Error)
    }
}

/// The library that a text was read in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// Core or a project's.
    pub kind: EnvironmentKind,
    /// The modules that were imported.
    pub imports: Vec<String>,
    /// Asked for and not there; core stood in their place.
    pub dropped_imports: Vec<String>,
}

/// What came of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextReport {
    /// What is said of the text as a whole.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What Lean said; absent where it did not come to its end.
    pub elaborated: Option<Elaborated>,
    /// A verdict for each name of the request, in order, then for examples (`_example_LINE_COLUMN`) and
    /// for other theorems that are not accepted.
    pub theorems: Vec<Judged>,
    /// What the text was read in.
    pub library: Option<Library>,
    /// Wall-clock seconds for the elaboration, waiting included.
    pub elaboration_seconds: f64,
    /// Wall-clock seconds for the replay, waiting included.
    pub kernel_seconds: f64,
    /// Resident memory of the larger of the two processes afterwards, in MiB, where it is known.
    pub memory_mb: Option<u64>,
}

/// The verdict on a text, from what is known of it. A text without a theorem is accepted at level 1.
/// `could_cheat`: an example that nobody judged may rest on an axiom or on a check that was switched off.
pub(crate) fn whole(elaborated: &Elaborated, theorems: &[Judged], could_cheat: bool) -> Verdict {
    let rejected = |class: &str, message: String| Verdict::Rejected {
        reason: Reason {
            class: class.into(),
            message,
        },
    };
    if let Some(e) = elaborated.error() {
        return rejected("elaboration", format!("line {}: {}", e.pos.line, e.data));
    }
    let rank = |v: &Verdict| match v {
        Verdict::Rejected { .. } => 0,
        Verdict::Fault { .. } => 1,
        Verdict::Declined { .. } => 2,
        Verdict::Accepted { .. } => 3,
    };
    let worst = theorems.iter().min_by_key(|t| rank(&t.verdict));
    if let Some(Judged { name, verdict, .. }) = worst.filter(|t| rank(&t.verdict) < 3) {
        let mut verdict = verdict.clone();
        if let Verdict::Rejected { reason }
        | Verdict::Fault { reason }
        | Verdict::Declined { reason } = &mut verdict
        {
            reason.message = format!("{}: {}", called(name), reason.message);
        }
        return verdict;
    }
    if let Some(hole) = elaborated.sorries.first() {
        let message = format!("line {}: there is a `sorry`", hole.pos.line);
        return rejected("sorry", message);
    }
    if let (Some(line), true) = (elaborated.unnamed.first(), could_cheat) {
        let message = format!(
            "line {line}: this example cannot be judged; give it a name and its hypotheses as arguments"
        );
        let class = "unjudged".into();
        return Verdict::Declined {
            reason: Reason { class, message },
        };
    }
    let mut all = Vec::new();
    let mut bodies = true;
    for theorem in theorems {
        if let Verdict::Accepted {
            axioms,
            library_bodies,
            ..
        } = &theorem.verdict
        {
            all.extend(axioms.iter().cloned());
            bodies &= library_bodies;
        }
    }
    all.sort();
    all.dedup();
    Verdict::Accepted {
        level: if theorems.is_empty() {
            Level::Elaborated
        } else {
            Level::Kernel
        },
        axioms: all,
        library_bodies: bodies,
    }
}

/// A judged name for people: an example is called by its line.
fn called(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    match last
        .strip_prefix("_example_")
        .and_then(|p| p.split_once('_'))
    {
        Some((line, _)) => format!("the example at line {line}"),
        None => format!("`{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elaborated() -> Elaborated {
        Elaborated {
            messages: Vec::new(),
            sorries: Vec::new(),
            infotree: None,
            unnamed: Vec::new(),
        }
    }

    fn judged(name: &str, verdict: Verdict) -> Judged {
        Judged {
            name: name.into(),
            verdict,
            statements: None,
            checker: None,
        }
    }

    fn accepted() -> Verdict {
        Verdict::Accepted {
            level: Level::Kernel,
            axioms: vec!["propext".into()],
            library_bodies: false,
        }
    }

    #[test]
    fn a_text_is_worth_what_its_worst_theorem_is() {
        let reason = Reason {
            class: "axioms".into(),
            message: "it rests on x".into(),
        };
        let theorems = [
            judged("a", accepted()),
            judged("N._example_7_2", Verdict::Rejected { reason }),
        ];
        let Verdict::Rejected { reason } = whole(&elaborated(), &theorems, false) else {
            panic!("it is rejected");
        };
        assert_eq!(reason.message, "the example at line 7: it rests on x");
        let all = whole(&elaborated(), &theorems[..1], false);
        assert_eq!(all, accepted());
    }

    #[test]
    fn a_text_without_a_theorem_is_never_proved() {
        let verdict = whole(&elaborated(), &[], false);
        assert!(!verdict.is_proved());
        assert_eq!(verdict.word(), "accepted");
    }

    #[test]
    fn errors_holes_and_what_nobody_judged_outweigh_accepted_theorems() {
        let theorems = [judged("a", accepted())];
        let mut text = elaborated();
        text.unnamed.push(3);
        assert!(whole(&text, &theorems, false).is_proved());
        assert_eq!(whole(&text, &theorems, true).word(), "declined");
        let place = Place { line: 2, column: 0 };
        text.sorries.push(Hole {
            pos: place,
            end_pos: place,
            goal: "⊢ True".into(),
        });
        assert_eq!(whole(&text, &theorems, false).word(), "rejected");
        let mut text = elaborated();
        text.messages.push(Said::error("no".into()));
        assert_eq!(whole(&text, &theorems, false).word(), "rejected");
    }
}
