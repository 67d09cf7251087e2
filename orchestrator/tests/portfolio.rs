//! The portfolio's families on a real Lean: each closes, by itself, examples written for it.

use lakatos::policy::Proposal;
use lakatos::policy::portfolio::Portfolio;
use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::protocol::{EnvironmentKind, OutcomeStatus, TacticRequest};
use lakatos_lean_bridge::testing::with_pool;

/// Rounds in which the portfolio proposes without asking the library.
const ROUNDS: u32 = 3;
/// For one statement: only a safety net behind the heartbeats.
const DEADLINE_MS: u64 = 120_000;

/// Some proposal of the family closes each statement in one step.
async fn closes(pool: &Pool, family: &str, statements: &[&str]) {
    let source = format!("portfolio/{family}");
    for statement in statements {
        let session = pool
            .session(EnvironmentSpec::default())
            .await
            .expect("a session");
        let statement = format!("theorem example_ {statement}");
        let started = session
            .start(&statement, false, DEADLINE_MS)
            .await
            .expect("it elaborates");
        let goal = &started.root.goals[0];
        let proposals: Vec<Proposal> = (0..ROUNDS)
            .flat_map(|round| Portfolio::offline(goal, EnvironmentKind::Core, round, 0))
            .filter(|p| p.source == source)
            .collect();
        assert!(
            !proposals.is_empty(),
            "{family} proposes nothing for {statement}"
        );
        let tactics: Vec<TacticRequest> = proposals
            .iter()
            .map(|p| TacticRequest {
                text: p.tactic.clone(),
                heartbeats: p.heartbeats.or(Some(4_000)),
                ms: None,
            })
            .collect();
        let outcomes = session
            .step(started.root.id, &tactics, true, DEADLINE_MS)
            .await
            .expect("the tactics are tried");
        let closed = outcomes.iter().any(|o| o.status == OutcomeStatus::Closed);
        let errors: Vec<_> = outcomes.iter().filter_map(|o| o.error.as_ref()).collect();
        assert!(closed, "{family} does not close {statement}: {errors:#?}");
    }
}

macro_rules! families {
    ($($test:ident: $family:literal closes [$($statement:literal),+ $(,)?];)+) => {$(
        #[test]
        fn $test() {
            with_pool(|pool| async move { closes(&pool, $family, &[$($statement),+]).await });
        }
    )+};
}

families! {
    finite_search: "bounded" closes [
        "(x y : Nat) (h : 2 ^ x * 5 ^ y = 1600) : x + y = 8",
        "(a b : Int) (h : 0 < a ∧ 0 < b) (h1 : ¬ 5 ∣ a) (h2 : 25 ∣ a ^ 2 + b ^ 2) : 5 ≤ a + b",
        "(x y : Int) (h : 2 ≤ y) (h1 : y ≤ x) (h2 : x * y + x = 60) : x ≤ 20",
    ];
    counterexamples: "counterexample" closes [
        ": ¬ ∀ (a b : Nat), a + b = a * b",
        ": ¬ ∀ {a b : Nat}, a ∣ b → a ≤ b",
        ": ¬ ∀ (a b c : Int), a < b → a * c < b * c",
        ": ¬ ∀ (l : List Nat), l.reverse = l",
        ": ¬ ∀ (p q : Prop), (p → q) → q → p",
        ": ¬ ∀ (f : Int → Int), (∀ x, f x ≤ f (x + 1)) → ∀ x, f x < f (x + 1)",
        ": ¬ ∀ (x y : Rat), (x + y) * (x + y) = x * x + y * y",
    ];
    residues: "residues" closes [
        "(a : Int) : a ^ 3 % 9 = 0 ∨ a ^ 3 % 9 = 1 ∨ a ^ 3 % 9 = 8",
        "(n : Nat) : 5 ∣ n ^ 5 + 4 * n",
        "(x y : Int) : x ^ 2 ≠ 3 * y + 2",
        "(x y : Int) (h : x % 23 = 5) (h1 : y % 23 = 6) : x * y ^ 2 % 23 = 19",
    ];
    powers: "powers" closes [
        "(n : Nat) : ¬ 5 ∣ 6 ^ n + 1",
        "(n : Nat) (h : 11 ∣ 3 ^ n - 1) : 5 ∣ n",
        "(n : Nat) (h : 0 < n) : 10 ^ n % 6 = 4",
    ];
    recurrences: "recurrence" closes [
        "(f : Nat → Nat) (h0 : f 0 = 0) (h1 : f 1 = 1) (h : ∀ n, f (n + 2) = f n + f (n + 1)) : f 20 = 6765",
        "(t : Nat → Rat) (h0 : t 0 = 2) (h : ∀ n, t (n + 1) = 1 - 1 / t n) : t 100 = 1 / 2",
        "(f : Nat → Nat) (h0 : f 1 = 2) (h : ∀ n, 1 ≤ n → f (n + 1) = f n + 2 * n + 3) : f 10 = 119",
    ];
    factors: "factors" closes [
        "(a b : Nat) (h : a * b = 42) (h1 : (a + 1) * (b + 1) = 56) : a + b = 13",
        "(x y : Int) (h : (x - 2) * (y + 3) = 7) (h1 : 2 < x) : y = 4 ∨ y = -2",
    ];
    roots: "roots" closes [
        "(x : Int) (h : x ^ 2 + 3 * x = 28) : x = 4 ∨ x = -7",
        "(n : Int) (h : n ^ 3 = 27) : n = 3",
    ];
    cofactors: "cofactor" closes [
        "(x y : Int) : x - y ∣ x ^ 3 - y ^ 3",
        "(a b c : Int) (h : a + b + c = 0) : a + b ∣ c ^ 2 + c",
    ];
    common_divisors: "gcd" closes [
        "(n : Nat) : Nat.gcd (n + 4) (3 * n + 1) ≤ 11",
        "(n : Nat) : Nat.gcd (3 * n + 1) (2 * n + 1) = 1",
        "(d n : Nat) (h : d ∣ n + 2) (h1 : d ∣ n + 3) : d = 1",
    ];
    casts: "casts" closes [
        "(a b : Nat) (h : (3 : Rat) / 7 * b = a) (h1 : (b : Rat) = a + 4) : a = 3",
        "(a : Nat) (h : (a : Rat) / 2 = 5) : a = 10",
    ];
    witnesses: "witness" closes [
        "(n : Nat) (h : 12 ≤ n) : ∃ a b, n = 4 * a + 5 * b",
        "(x y : Rat) (h : x < y) : ∃ z, x < z ∧ z < y",
    ];
    products: "products" closes [
        "(x y z : Int) : x * y + y * z + z * x ≤ x ^ 2 + y ^ 2 + z ^ 2",
        "(a b : Nat) (h : a * a = b * b) : a = b",
    ];
    induction: "induction" closes [
        "(x n : Nat) : 1 + n * x ≤ (1 + x) ^ n",
        "(n : Nat) (h : 4 ≤ n) : n * n ≤ 2 ^ n",
    ];
    instances: "instantiate" closes [
        "(f : Int → Int) (h : ∀ x y, f (x + y) = f x + f y) (x : Int) : f (-x) = - f x",
        "(f : Nat → Nat) (h : ∀ x, f (x + 1) = f x + 2) (h0 : f 0 = 3) : f 2 = 7",
    ];
    choice: "choice" closes [
        "{α β : Type} (r : α → β → Prop) (h : ∀ x, ∃ y, r x y) : ∃ g : α → β, ∀ x, r x (g x)",
        "(r : Nat → Int → Prop) (h : ∀ x, ∃ y, r x y) : ∃ g : Nat → Int, ∀ x, r x (g x)",
    ];
    diagonals: "diagonal" closes [
        "{α : Type} (f : α → α → Prop) (h : ∀ p, ∃ x, f x = p) : False",
        "(f : Nat → Nat → Prop) (h : ∀ p, ∃ x, f x = p) : False",
    ];
}
