//! The mutation job over a source and a judge that misbehave in the ways that Lean can.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::sync::atomic::{AtomicU32, Ordering};

use lakatos_datasets::job::{
    Entry, Journal, MemoryJournal, Options, Plan, Provenance, Silent, State, Tally, WorkError, run,
};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::text::{TextReport, TextRequest};
use lakatos_lean_bridge::verdict::{Judged, Level, Reason, Verdict};
use lakatos_mutator::candidate::{Candidate, GateVerdict, Mutations, Negative, NegativeKind, Step};
use lakatos_mutator::difficulty::Unprobed;
use lakatos_mutator::job::{Guard, Mutate, Policy, Source};
use lakatos_mutator::row::{NegativeRow, TheoremRow};
use lakatos_mutator::verify::Judge;

fn gate(gate: &str, passed: bool, detail: &str) -> GateVerdict {
    GateVerdict {
        gate: gate.into(),
        passed,
        detail: detail.into(),
    }
}

fn candidate(hash: &str, gates: Vec<GateVerdict>) -> Candidate {
    Candidate {
        rule: "rw".into(),
        position: "goal".into(),
        premises: vec!["Nat.add_comm".into()],
        signature: format!("({hash} : Nat) : {hash} = {hash}"),
        script: "have h := rfl\nexact h".into(),
        hash: hash.into(),
        steps: vec![Step {
            state: "⊢ True".into(),
            tactic: "trivial".into(),
        }],
        gates,
    }
}

#[derive(Default)]
struct Made {
    deaths: AtomicU32,
}

impl Source for Made {
    async fn mutate(&self, target: &str, _: u64) -> Result<Mutations, WorkError> {
        let trivial = || {
            vec![
                gate("round_trip", true, ""),
                gate("triviality", false, "rfl"),
            ]
        };
        let good = || vec![gate("round_trip", true, ""), gate("triviality", true, "")];
        let candidates = match target {
            "deadly" => {
                self.deaths.fetch_add(1, Ordering::Relaxed);
                return Err(WorkError::Worker("the worker died over `deadly`".into()));
            }
            "unprintable" => return Err(WorkError::Item("its statement cannot be printed".into())),
            "trivial" => ["t1", "t2", "t3"].map(|h| candidate(h, trivial())).to_vec(),
            "gated" => vec![
                candidate("g1", vec![gate("round_trip", false, "does not elaborate")]),
                candidate("benchmark", good()),
                candidate("earlier", good()),
                candidate("g2", good()),
            ],
            "wrong" => vec![candidate("w1", good()), candidate("wrong", good())],
            // Both of these make a statement that another item makes too.
            other => vec![candidate(other, good()), candidate("shared", good())],
        };
        let mut made = Mutations {
            candidates,
            ..Mutations::default()
        };
        let refused = made.refused.entry("size".into()).or_default();
        refused.insert("too large".into(), 2);
        Ok(made)
    }

    async fn negatives(
        &self,
        _: &str,
        kept: &Candidate,
        _: u64,
    ) -> Result<Vec<Negative>, WorkError> {
        let negative = |kind, error: &str, script: &str| Negative {
            kind,
            error: error.into(),
            signature: kept.signature.clone(),
            evidence_signature: format!(": {error}"),
            evidence_script: script.into(),
        };
        Ok(vec![
            negative(NegativeKind::Statement, "refuted", "exact good"),
            negative(NegativeKind::Statement, "open", "exact wrong"),
            negative(NegativeKind::Proof, "rejected", "exact wrong"),
            negative(NegativeKind::Proof, "works", "exact good"),
        ])
    }
}

/// Rejects every theorem whose text says "wrong".
struct Checks;

impl Judge for Checks {
    async fn judge(&self, request: TextRequest) -> TextReport {
        let accepted = Verdict::Accepted {
            level: Level::Kernel,
            axioms: vec!["propext".into()],
            library_bodies: false,
        };
        let texts: Vec<&str> = request.text.split("\n\n").collect();
        let judged = |(name, text): (&String, &&str)| Judged {
            name: name.clone(),
            verdict: if text.contains("wrong :") || text.contains("exact wrong") {
                let (class, message) = ("elaboration".into(), "no".into());
                Verdict::Rejected {
                    reason: Reason { class, message },
                }
            } else {
                accepted.clone()
            },
            statements: None,
            checker: None,
        };
        TextReport {
            theorems: request.names.iter().zip(&texts).map(judged).collect(),
            verdict: accepted.clone(),
            elaborated: None,
            library: None,
            elaboration_seconds: 0.0,
            kernel_seconds: 0.0,
            memory_mb: None,
        }
    }
}

struct Benchmark;

impl Guard for Benchmark {
    fn holder(&self, candidate: &Candidate) -> Option<String> {
        (candidate.hash == "benchmark").then(|| "miniF2F".to_owned())
    }
}

async fn entries(negatives: u32) -> (Vec<Entry>, u32) {
    let source = Made::default();
    let keys = [
        "a",
        "deadly",
        "trivial",
        "gated",
        "wrong",
        "unprintable",
        "b",
    ];
    let plan = Plan::new(keys.map(str::to_owned).to_vec());
    let job = Mutate {
        source: &source,
        judge: &Checks,
        prober: &Unprobed,
        guard: &Benchmark,
        known: &|hash| (hash == "earlier").then_some("in an earlier run"),
        usable: &|name| name != "Nat.held_out",
        modules: &|_| "Init.Core".to_owned(),
        environment: EnvironmentSpec {
            imports: vec!["Init".into(), "Std".into()],
            text: String::new(),
        },
        policy: Policy {
            trivial: 2,
            probed_per_thousand: 0,
            negatives_per_thousand: negatives,
        },
        made_by: Provenance::default(),
    };
    let journal = MemoryJournal::default();
    let options = Options {
        seed: 1,
        width: 3.into(),
        retries: 1,
    };
    run(&job, &plan, &journal, options, &Silent, &|| false)
        .await
        .unwrap();
    let mut all = Vec::new();
    let keep = &mut |entry| {
        all.push(entry);
        Ok(())
    };
    journal.visit(0..u64::MAX, keep).unwrap();
    (all, source.deaths.load(Ordering::Relaxed))
}

fn theorems(entry: &Entry) -> Vec<TheoremRow> {
    let rows = entry.rows.iter().filter(|r| r.table == "theorems");
    rows.map(|r| serde_json::from_str(&r.json).unwrap())
        .collect()
}

#[tokio::test]
async fn what_cannot_be_done_is_isolated_to_its_item() {
    let (all, deaths) = entries(0).await;
    assert_eq!(deaths, 2);
    let reason = |i: usize| match &all[i].state {
        State::Failed { reason } => reason.as_str(),
        State::Done => "",
    };
    assert_eq!(reason(1), "the worker died over `deadly`");
    assert_eq!(reason(5), "its statement cannot be printed");
    assert_eq!(all.iter().filter(|e| e.state == State::Done).count(), 5);
}

#[tokio::test]
async fn candidates_are_kept_by_the_gates() {
    let (all, _) = entries(0).await;
    let hashes = |i: usize| -> Vec<String> {
        theorems(&all[i])
            .into_iter()
            .map(|t| t.statement_hash)
            .collect()
    };
    assert_eq!(hashes(0), ["a", "shared"]);
    // Two of three trivial theorems are within the budget, and marked.
    assert_eq!(hashes(2), ["t1", "t2"]);
    assert_eq!(theorems(&all[2])[0].trivial.as_deref(), Some("rfl"));
    assert_eq!(hashes(3), ["g2"]);
    assert_eq!(hashes(4), ["w1"]);
    // `shared` was made by an item before.
    assert_eq!(hashes(6), ["b"]);
    let mut tally = Tally::default();
    all.iter().for_each(|e| tally.merge(&e.tally));
    let count = |stage: &str, word: &str| tally.get("funnel", stage, word);
    assert_eq!(count("candidate", "passed"), 13);
    assert_eq!(count("size", "too large"), 10);
    assert_eq!(count("round_trip", "does not elaborate"), 1);
    assert_eq!(count("contamination", "in a benchmark"), 1);
    assert_eq!(count("novelty", "in an earlier run"), 1);
    assert_eq!(count("novelty", "made before"), 1);
    assert_eq!(count("triviality", "over budget"), 1);
    assert_eq!(
        (count("kernel", "passed"), count("kernel", "rejected")),
        (7, 1)
    );
    assert_eq!(tally.get("rows", "theorems", "rows"), 7);
    assert_eq!(tally.get("modules", "Init.Core", "kept"), 7);
}

#[tokio::test]
async fn a_row_says_where_it_comes_from_and_is_a_whole_text() {
    let (all, _) = entries(0).await;
    let row = &theorems(&all[0])[0];
    assert_eq!(row.name, "mutated_a");
    assert_eq!(row.header, "import Init\nimport Std\n");
    assert_eq!(
        row.formal_proof,
        "theorem mutated_a (a : Nat) : a = a := by\n  have h := rfl\n  exact h"
    );
    assert_eq!(
        row.formal_statement,
        "theorem mutated_a (a : Nat) : a = a := by sorry"
    );
    assert_eq!(row.level, 3);
    assert_eq!((row.origin.parent.as_str(), row.origin.item), ("a", 0));
    assert_eq!(row.axioms, ["propext"]);
}

#[tokio::test]
async fn a_negative_is_refuted_or_rejected_and_nothing_else() {
    let (all, _) = entries(1000).await;
    let rows = all[0].rows.iter().filter(|r| r.table == "negatives");
    let rows: Vec<NegativeRow> = rows
        .map(|r| serde_json::from_str(&r.json).unwrap())
        .collect();
    let made: Vec<(&str, &str)> = rows
        .iter()
        .map(|r| (r.kind.as_str(), r.error.as_str()))
        .collect();
    assert_eq!(made[..2], [("statement", "refuted"), ("proof", "rejected")]);
    assert!(
        rows.iter()
            .all(|r| r.positive == "mutated_a" || r.positive == "mutated_shared")
    );
    assert_eq!(
        all[0].tally.get("negatives", "statement: open", "rejected"),
        2
    );
    assert_eq!(all[0].tally.get("negatives", "proof: works", "accepted"), 2);
}
