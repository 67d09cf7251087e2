//! The page as a whole, on an attempt made by hand.

use lakatos_lean_bridge::protocol::EnvironmentKind;
use lakatos_lean_bridge::verdict::{Level, Reason, Verdict};

use super::{ReportProblem, ReportRun, render, tree};
use crate::record::{
    AttemptRecord, Cost, NodeRecord, NodeStatus, Outcome, TacticRecord, TacticStatus,
};

fn node(id: u32, parent: Option<u32>, depth: u32, status: NodeStatus, goal: &str) -> NodeRecord {
    NodeRecord {
        id,
        parent,
        depth,
        hash: format!("{id:024x}"),
        goals: vec![goal.to_owned()],
        tags: vec![String::new()],
        status,
        duplicate_of: None,
        score: -0.5,
        expanded: Some(id),
    }
}

fn tactic(id: u32, node: u32, text: &str, status: TacticStatus, children: &[u32]) -> TacticRecord {
    TacticRecord {
        id,
        node,
        text: text.to_owned(),
        source: "portfolio/test".to_owned(),
        logprob: -1.0,
        status,
        error_class: None,
        error: None,
        children: children.to_vec(),
        heartbeats: 1.0,
        ms: 2.0,
        in_proof: false,
    }
}

/// An induction: two goals, one closed at once, one after a dead end and a duplicate.
fn induction() -> AttemptRecord {
    let mut nodes = vec![
        node(0, None, 0, NodeStatus::Proved, "n : Nat\n⊢ f n ≤ n"),
        node(1, Some(0), 1, NodeStatus::Proved, "case zero\n⊢ f 0 ≤ 0"),
        node(
            2,
            Some(0),
            1,
            NodeStatus::Proved,
            "n : Nat\nih : f n ≤ n\n⊢ f (n + 1) ≤ n + 1",
        ),
        node(3, Some(2), 2, NodeStatus::Failed, "⊢ False"),
        node(
            4,
            Some(3),
            2,
            NodeStatus::Proved,
            "ih : f n ≤ n\n⊢ f n + 1 ≤ n + 1",
        ),
        node(
            5,
            Some(4),
            3,
            NodeStatus::Duplicate,
            "ih : f n ≤ n\n⊢ f n + 1 ≤ n + 1",
        ),
        node(6, Some(6), 1, NodeStatus::TimedOut, "⊢ x < 3 ∧ <b>bold</b>"),
    ];
    nodes[5].duplicate_of = Some(4);
    let mut tactics = vec![
        tactic(
            0,
            0,
            "induction n with\n| zero => ?_\n| succ n ih => ?_",
            TacticStatus::Open,
            &[1, 2],
        ),
        tactic(1, 1, "simp [f]", TacticStatus::Closed, &[]),
        tactic(2, 2, "exfalso", TacticStatus::Open, &[3]),
        tactic(3, 2, "unfold f", TacticStatus::Open, &[4]),
        tactic(4, 4, "rw [Nat.add_comm]", TacticStatus::Open, &[5]),
        tactic(5, 4, "omega", TacticStatus::Closed, &[]),
        tactic(6, 0, "cases n", TacticStatus::Open, &[6]),
        tactic(7, 0, "omega", TacticStatus::Error, &[]),
    ];
    for id in [0, 1, 3, 5] {
        tactics[id].in_proof = true;
    }
    tactics[7].error_class = Some("tactic_failed".to_owned());
    tactics[7].error = Some("omega could not prove the goal </script>".to_owned());
    AttemptRecord {
        outcome: Outcome::Proved,
        reason: None,
        environment: Some(EnvironmentKind::Core),
        theorem: Some("f_le".to_owned()),
        theorem_type: Some("∀ (n : Nat), f n ≤ n".to_owned()),
        statement_hash: Some("0".repeat(24)),
        proof: Some("theorem f_le (n : Nat) : f n ≤ n := by\n  induction n with\n  | zero => simp [f]\n  | succ n ih =>\n    unfold f\n    omega".to_owned()),
        verdict: Some(Verdict::Accepted {
            level: Level::Kernel,
            axioms: vec!["propext".to_owned()],
            library_bodies: false,
        }),
        nodes,
        tactics,
        cost: Cost { seconds: 1.5, expanded: 5, tactics: 8, ..Cost::default() },
    }
}

fn problem(name: &str, attempt: Option<AttemptRecord>, finished_at: Option<f64>) -> ReportProblem {
    ReportProblem {
        name: name.to_owned(),
        split: Some("valid".to_owned()),
        informal: Some("For all n, f(n) ≤ n.".to_owned()),
        context: "def f : Nat → Nat | 0 => 0 | n + 1 => f n + 1".to_owned(),
        statement: "theorem f_le (n : Nat) : f n ≤ n".to_owned(),
        origin: "problems.lean:12".to_owned(),
        attempt,
        finished_at,
        reproduce: format!("lakatos prove problems.lean --filter '^{name}$' --seed 7"),
    }
}

fn sample() -> String {
    let run = ReportRun {
        name: "amber-lemma".to_owned(),
        command: "lakatos prove problems.lean --seed 7".to_owned(),
        seed: 7,
        started: "2026-01-01T00:00:00Z".to_owned(),
        seconds: 64.0,
        version: "0.1.0".to_owned(),
        lean: "embedded Lean 4.28".to_owned(),
        isolation: "no network, no writes".to_owned(),
        config: "seed = 7".to_owned(),
    };
    let failed = AttemptRecord {
        outcome: Outcome::Declined,
        reason: Some(Reason {
            class: "needs_mathlib".to_owned(),
            message: "the statement needs Mathlib <img src=x>".to_owned(),
        }),
        proof: None,
        verdict: None,
        nodes: Vec::new(),
        tactics: Vec::new(),
        ..induction()
    };
    render(
        &run,
        &[
            problem("f_le", Some(induction()), Some(1.5)),
            problem("needs_more", Some(failed), Some(2.0)),
            problem("later", None, None),
        ],
    )
}

#[test]
fn the_page_is_whole_and_loads_nothing() {
    let page = sample();
    if let Some(path) = option_env!("LAKATOS_KEEP_SAMPLE_REPORT") {
        std::fs::write(path, &page).unwrap();
    }
    assert!(page.ends_with("</html>\n"));
    for outside in ["http://", "https://", "<link", "<img", "@import", "url("] {
        assert!(!page.contains(outside), "the page must not hold {outside}");
    }
    assert_eq!(page.matches("<tr class=").count(), 3);
    // The page's own scripts: one at the end, one data block for the one attempt with a search.
    assert_eq!(page.matches("</script>").count(), 2);
}

#[test]
fn hostile_text_stays_text() {
    let page = sample();
    assert!(!page.contains("<b>bold"));
    assert!(page.contains("the statement needs Mathlib &lt;img src=x&gt;"));
}

#[test]
fn the_tree_shows_every_node_once_and_the_proof_whole() {
    let picture = tree::draw(&induction());
    assert_eq!(picture.omitted, 0);
    for id in 0..7 {
        let mark = format!("data-node=\"{id}\"");
        assert_eq!(picture.svg.matches(&mark).count(), 1, "node {id}");
    }
    assert_eq!(picture.svg.matches("class=\"closed\"").count(), 2);
    assert!(picture.svg.contains("class=\"and proof\""));
    insta::assert_snapshot!(picture.svg);
}

#[test]
fn a_large_search_is_cut_but_its_proof_is_not() {
    let mut attempt = induction();
    for i in 0..5000u32 {
        let id = attempt.nodes.len() as u32;
        let t = attempt.tactics.len() as u32;
        attempt.tactics.push(tactic(
            t,
            3,
            &format!("step {i}"),
            TacticStatus::Open,
            &[id],
        ));
        attempt
            .nodes
            .push(node(id, Some(t), 3, NodeStatus::Open, "⊢ False"));
    }
    let last = attempt.nodes.len() as u32 - 1;
    attempt.tactics[5000 + 7].in_proof = true;
    let picture = tree::draw(&attempt);
    assert!(picture.omitted > 4000);
    assert!(picture.svg.contains(&format!("data-node=\"{last}\"")));
}
