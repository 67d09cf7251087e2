//! The search on a real Lean, with a scripted policy: small lists of tactics, tried everywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lakatos::policy::bandit::SharedBandit;
use lakatos::policy::mixture::{Mixture, When};
use lakatos::policy::{Policy, PolicyContext, PolicyError, PolicyFuture, Proposal, Round};
use lakatos::record::{AttemptRecord, NodeStatus, Outcome, TacticStatus};
use lakatos::search::{
    Attempt, BudgetConfig, Cancel, Problem, Resources, SearchConfig, SharedGoals, prove_one,
};
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::testing::with_pool;

/// Proposes the same tactics for every state: a list for each round.
struct Scripted {
    rounds: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
    stop_after: Option<(usize, Cancel)>,
}

impl Scripted {
    fn new(rounds: &[&[&'static str]]) -> Self {
        let rounds = rounds.iter().map(|r| r.to_vec()).collect();
        Self {
            rounds,
            asked: AtomicUsize::new(0),
            stop_after: None,
        }
    }
}

impl Policy for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn propose<'a>(&'a self, context: &'a PolicyContext<'a>) -> PolicyFuture<'a> {
        Box::pin(async move {
            let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            if let Some((_, cancel)) = self.stop_after.as_ref().filter(|(n, _)| *n == asked) {
                cancel.cancel();
            }
            let round = context.round as usize;
            let tactics = self.rounds.get(round).cloned().unwrap_or_default();
            let proposals = tactics.iter().enumerate().map(|(i, tactic)| {
                let (source, tactic) = match tactic.strip_prefix('!') {
                    Some(finisher) => ("finisher/scripted", finisher),
                    None => ("scripted/step", *tactic),
                };
                Proposal {
                    tactic: tactic.into(),
                    logprob: -0.1 * (i + 1) as f64,
                    tokens: 1,
                    source: source.into(),
                    heartbeats: None,
                }
            });
            Ok(Round {
                proposals: proposals.collect(),
                more: round + 1 < self.rounds.len(),
                ..Round::default()
            })
        })
    }
}

fn resources(pool: Pool, policy: impl Policy + 'static) -> Resources {
    Resources {
        pool,
        policy: Arc::new(policy),
        goals: Arc::new(SharedGoals::new()),
        bandit: Arc::new(SharedBandit::default()),
    }
}

fn config() -> SearchConfig {
    let budget = BudgetConfig {
        nodes: 60,
        seconds: 120,
        tokens: 0,
    };
    SearchConfig {
        budget,
        ..SearchConfig::default()
    }
}

fn problem(imports: &[&str], statement: &str) -> Problem {
    let environment = EnvironmentSpec {
        imports: imports.iter().map(|i| (*i).to_owned()).collect(),
        text: String::new(),
    };
    Problem {
        name: "test".into(),
        environment,
        statement: statement.into(),
    }
}

async fn prove(resources: &Resources, config: &SearchConfig, problem: &Problem) -> AttemptRecord {
    let Attempt { record, .. } = prove_one(problem, resources, config, 1, &Cancel::new()).await;
    record
}

#[track_caller]
fn assert_proved(record: &AttemptRecord, outcome: Outcome) -> &str {
    assert_eq!(record.outcome, outcome, "{:?}", record.reason);
    let verdict = record.verdict.as_ref().expect("a verdict");
    assert!(verdict.is_proved(), "{verdict:?}");
    assert!(record.tactics.iter().any(|t| t.in_proof));
    record.proof.as_deref().expect("a proof")
}

const BASICS: &[&[&str]] = &[
    &["!rfl", "!omega", "intro x", "constructor", "induction x"],
    &["exact id"],
];

#[test]
fn a_tree_with_independent_goals_becomes_a_structured_proof() {
    with_pool(|pool| async move {
        let resources = resources(pool, Scripted::new(BASICS));
        let statement = "theorem both (a b : Nat) (h : a < b) : a + 1 ≤ b ∧ ∀ p : Prop, p → p";
        let mut plain = config();
        plain.minimise.enabled = false;
        let record = prove(&resources, &plain, &problem(&[], statement)).await;
        let proof = assert_proved(&record, Outcome::Proved);
        insta::assert_snapshot!(proof, @r"
        theorem both (a b : Nat) (h : a < b) : a + 1 ≤ b ∧ ∀ p : Prop, p → p := by
          constructor
          case left =>
            omega
          case right =>
            intro x
            intro x
            omega
        ");
    });
}

#[test]
fn minimising_drops_what_is_not_needed() {
    with_pool(|pool| async move {
        let rounds: &[&[&str]] = &[&["intro x y", "have : x = x := rfl", "omega"]];
        let resources = resources(pool, Scripted::new(rounds));
        let statement = "theorem comm : ∀ x y : Nat, x + y = y + x";
        let record = prove(&resources, &config(), &problem(&[], statement)).await;
        let proof = assert_proved(&record, Outcome::Proved);
        assert_eq!(
            proof,
            "theorem comm : ∀ x y : Nat, x + y = y + x := by\n  omega\n"
        );
    });
}

#[test]
fn minimising_says_which_alternative_did_the_work() {
    with_pool(|pool| async move {
        let rounds: &[&[&str]] = &[&[
            "cases b with\n| false => (first | omega | (simp; done))\n| true => (first | omega | rfl)",
        ]];
        let resources = resources(pool, Scripted::new(rounds));
        let statement = "theorem double (b : Bool) : (!!b) = b";
        let record = prove(&resources, &config(), &problem(&[], statement)).await;
        let proof = assert_proved(&record, Outcome::Proved);
        insta::assert_snapshot!(proof, @r"
        theorem double (b : Bool) : (!!b) = b := by
          cases b with
          | false => (simp; done)
          | true => rfl
        ");
    });
}

#[test]
fn a_false_statement_is_refuted() {
    with_pool(|pool| async move {
        let rounds: &[&[&str]] = &[&[
            "!omega",
            "!decide",
            "intro h",
            "have := h 0 0",
            "simp_all",
            "exact absurd (h 0 0) (by decide)",
        ]];
        let resources = resources(pool, Scripted::new(rounds));
        let refuting = SearchConfig {
            refute: true,
            ..config()
        };
        let statement = "theorem wrong (a b : Nat) : a * a = b + 1";
        let record = prove(&resources, &refuting, &problem(&[], statement)).await;
        let proof = assert_proved(&record, Outcome::Refuted);
        assert!(
            proof.starts_with("theorem wrong_refuted : ¬ (∀ (a b : Nat), a * a = b + 1) := by\n"),
            "{proof}"
        );
        assert_eq!(record.theorem.as_deref(), Some("wrong"));
    });
}

#[test]
fn same_seed_same_nodes_in_the_same_order() {
    with_pool(|pool| async move {
        let statement = "theorem t (p q : Nat → Prop) (h : ∀ n, p n → q n) (k : p 3) : (∃ n, q n) ∧ ∀ m, m * 0 = 0";
        let rounds: &[&[&str]] = &[
            &[
                "!rfl",
                "!omega",
                "!assumption",
                "!simp",
                "intro x",
                "constructor",
                "cases x",
            ],
            &["exact ⟨3, ?_⟩", "apply h", "refine ⟨_, h _ ?_⟩"],
        ];
        let mut runs = Vec::new();
        for _ in 0..2 {
            let resources = resources(pool.clone(), Scripted::new(rounds));
            let mut record = prove(&resources, &config(), &problem(&[], statement)).await;
            record.cost = Default::default();
            for tactic in &mut record.tactics {
                tactic.ms = 0.0;
                tactic.heartbeats = 0.0;
            }
            runs.push(record);
        }
        assert_proved(&runs[0], Outcome::Proved);
        assert_eq!(runs[0], runs[1]);
    });
}

#[test]
fn repeated_goals_are_solved_once() {
    with_pool(|pool| async move {
        let rounds: &[&[&str]] = &[
            &["constructor", "intro x", "intro y"],
            &["induction x <;> simp_all", "omega"],
        ];
        let resources = resources(pool, Scripted::new(rounds));
        let statement = "theorem twice : (∀ n : Nat, n + 0 = n) ∧ (∀ k : Nat, k + 0 = k)";
        let record = prove(&resources, &config(), &problem(&[], statement)).await;
        assert_proved(&record, Outcome::Proved);
        let twins: Vec<_> = record
            .nodes
            .iter()
            .filter(|n| n.status == NodeStatus::Duplicate)
            .collect();
        assert!(!twins.is_empty());
        for twin in twins {
            let first = &record.nodes[twin.duplicate_of.expect("names its twin") as usize];
            assert_eq!(first.hash, twin.hash);
            assert_eq!(twin.expanded, None);
        }
    });
}

#[test]
fn a_proved_goal_helps_the_next_theorem() {
    with_pool(|pool| async move {
        let rounds: &[&[&str]] = &[
            &["constructor", "intro x"],
            &["induction x <;> simp_all [Nat.mul_add]"],
        ];
        let resources = resources(pool, Scripted::new(rounds));
        let mut plain = config();
        plain.minimise.enabled = false;
        let first = "theorem one (a : Nat) : ∀ n : Nat, n * 0 + a = a";
        assert_proved(
            &prove(&resources, &plain, &problem(&[], first)).await,
            Outcome::Proved,
        );
        assert!(!resources.goals.is_empty());
        let second = "theorem two (b : Nat) : (∀ m : Nat, m * 0 + b = b) ∧ True";
        let record = prove(&resources, &plain, &problem(&[], second)).await;
        assert_proved(&record, Outcome::Proved);
        let reused = |t: &&lakatos::record::TacticRecord| t.source == "search/shared" && t.in_proof;
        assert!(
            record.tactics.iter().any(|t| reused(&t)),
            "{:#?}",
            record.tactics
        );
    });
}

#[test]
fn goals_that_share_a_metavariable_are_one_node() {
    with_pool(|pool| async move {
        let rounds: &[&[&str]] = &[&["refine ⟨?_, ?_⟩", "exact 7", "rfl"]];
        let resources = resources(pool, Scripted::new(rounds));
        let mut plain = config();
        plain.minimise.enabled = false;
        let statement = "theorem some_seven : ∃ n : Nat, n = 7";
        let record = prove(&resources, &plain, &problem(&[], statement)).await;
        assert_proved(&record, Outcome::Proved);
        assert!(
            record.nodes.iter().any(|n| n.goals.len() == 2),
            "{:#?}",
            record.nodes
        );
    });
}

#[test]
fn what_cannot_be_attempted_is_declined_with_the_reason() {
    with_pool(|pool| async move {
        let resources = resources(pool, Scripted::new(BASICS));
        for (imports, statement, class, words) in [
            (
                &["Mathlib"][..],
                "theorem t (x : ℝ) : x = x",
                "needs_mathlib",
                "--project DIR",
            ),
            (
                &[],
                "theorem t : Nat.no_such = 1",
                "does_not_elaborate",
                "Nat.no_such",
            ),
            (&[], "theorem t (n : Nat) : n", "does_not_elaborate", ""),
            (&[], "theorem t (n : Nat", "does_not_elaborate", ""),
            (
                &["No.Such.Module"],
                "theorem t : True",
                "import",
                "No.Such.Module",
            ),
        ] {
            let record = prove(&resources, &config(), &problem(imports, statement)).await;
            let reason = record.reason.expect("a reason");
            assert_eq!(record.outcome, Outcome::Declined, "{statement}: {reason:?}");
            let expected = class == reason.class
                || (class == "does_not_elaborate" && reason.class == "not_a_proposition");
            assert!(
                expected && reason.message.contains(words),
                "{statement}: {reason:?}"
            );
            assert!(record.nodes.is_empty());
        }
    });
}

#[test]
fn nothing_left_and_spent_budgets_are_told_apart() {
    with_pool(|pool| async move {
        let statement = "theorem hard (n : Nat) : n * n + n + 41 = 7";
        let class = |record: AttemptRecord| {
            assert_eq!(record.outcome, Outcome::Failed);
            record.reason.expect("a reason").class
        };
        let few = resources(pool.clone(), Scripted::new(&[&["rfl", "decide"]]));
        let record = prove(&few, &config(), &problem(&[], statement)).await;
        assert_eq!(record.nodes[0].status, NodeStatus::Failed);
        assert!(
            record
                .tactics
                .iter()
                .all(|t| t.status == TacticStatus::Error && t.error.is_some())
        );
        assert_eq!(class(record), "exhausted");
        let endless = resources(
            pool,
            Scripted::new(&[&["have := n.succ_pos", "have := Nat.zero_le n"]]),
        );
        let mut small = config();
        small.budget.nodes = 5;
        let record = prove(&endless, &small, &problem(&[], statement)).await;
        assert_eq!(record.cost.expanded, 5);
        assert_eq!(class(record), "nodes");
    });
}

#[test]
fn a_cancelled_attempt_keeps_what_it_has() {
    with_pool(|pool| async move {
        let cancel = Cancel::new();
        let mut policy = Scripted::new(&[&["have := n.succ_pos", "have := Nat.zero_le n"]]);
        policy.stop_after = Some((4, cancel.clone()));
        let resources = resources(pool, policy);
        let problem = problem(&[], "theorem hard (n : Nat) : n * n + n + 41 = 7");
        let attempt = prove_one(&problem, &resources, &config(), 1, &cancel).await;
        assert_eq!(attempt.record.outcome, Outcome::Interrupted);
        assert!(
            attempt.record.nodes.len() > 3,
            "{:?}",
            attempt.record.nodes.len()
        );
        assert_eq!(attempt.record.theorem.as_deref(), Some("hard"));
    });
}

/// Fails as often as it is asked.
struct Absent;

impl Policy for Absent {
    fn name(&self) -> &str {
        "absent"
    }

    fn propose<'a>(&'a self, _: &'a PolicyContext<'a>) -> PolicyFuture<'a> {
        Box::pin(async {
            Err(PolicyError::Unavailable {
                message: "nobody".into(),
            })
        })
    }
}

#[test]
fn a_policy_that_stays_away_is_a_fault_unless_others_are_there() {
    with_pool(|pool| async move {
        let statement = "theorem t : 1 + 1 = 2";
        let alone = resources(pool.clone(), Absent);
        let record = prove(&alone, &config(), &problem(&[], statement)).await;
        assert_eq!(record.outcome, Outcome::Fault);
        assert_eq!(record.reason.expect("a reason").class, "policy");
        let parts: Vec<(f64, When, Arc<dyn Policy>)> = vec![
            (1.0, When::From(0), Arc::new(Absent)),
            (1.0, When::From(0), Arc::new(Scripted::new(BASICS))),
        ];
        let mixed = resources(pool, Mixture::new(parts));
        assert_proved(
            &prove(&mixed, &config(), &problem(&[], statement)).await,
            Outcome::Proved,
        );
    });
}

/// Asks one policy first, and the other once nothing else is left.
fn with_leftover(pool: &Pool, first: &[&[&'static str]], leftover: Arc<dyn Policy>) -> Resources {
    let parts: Vec<(f64, When, Arc<dyn Policy>)> = vec![
        (1.0, When::From(0), Arc::new(Scripted::new(first))),
        (1.0, When::Leftover, leftover),
    ];
    resources(pool.clone(), Mixture::new(parts))
}

#[test]
fn what_is_left_over_adds_proofs_and_changes_nothing_before() {
    with_pool(|pool| async move {
        // The first part splits the goal and closes one half; the other half, and the sibling that was given up with it, need
        // what is kept for the end.
        let first: &[&[&'static str]] = &[&["constructor", "rfl"]];
        let statement = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q ∧ 1 + 1 = 2";
        let alone = resources(pool.clone(), Scripted::new(first));
        let alone = prove(&alone, &config(), &problem(&[], statement)).await;
        assert_eq!(alone.outcome, Outcome::Failed);
        let last = Arc::new(Scripted::new(&[&["exact hp", "exact hq"]]));
        let both = with_leftover(&pool, first, last.clone());
        let both = prove(&both, &config(), &problem(&[], statement)).await;
        assert_proved(&both, Outcome::Proved);
        let begun = |r: &AttemptRecord| -> Vec<String> {
            r.tactics.iter().map(|t| t.text.clone()).collect()
        };
        assert_eq!(begun(&both)[..alone.tactics.len()], begun(&alone)[..]);

        // What the first part proves alone costs no question.
        let asked = last.asked.load(Ordering::Relaxed);
        let easy = with_leftover(&pool, first, last.clone());
        let easy = prove(&easy, &config(), &problem(&[], "theorem t : 1 + 1 = 2")).await;
        assert_proved(&easy, Outcome::Proved);
        assert_eq!(last.asked.load(Ordering::Relaxed), asked);

        // A model that stays away costs the search nothing.
        let absent = with_leftover(&pool, first, Arc::new(Absent));
        let absent = prove(&absent, &config(), &problem(&[], statement)).await;
        assert_eq!(absent.outcome, Outcome::Failed);
        assert_eq!(absent.reason, alone.reason);
    });
}
