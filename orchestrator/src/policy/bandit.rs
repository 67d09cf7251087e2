//! Which finishers to try on a goal, in which order, and how long each: learnt as the run goes.
//!
//! After *Learning to Relax* (online choice of a solver's parameter from its past costs): the
//! parameter here is a finisher's heartbeat budget, one of a few levels. A run at level `L` that ends
//! by itself after `c` heartbeats says what would have happened at *every* level at or above `c`, so
//! outcomes are kept as hazards: of the tries that were still running at the start of a level, how
//! many closed the goal within it, how many gave up within it. A plan draws each hazard from its Beta
//! posterior (Thompson sampling), chooses for each finisher the level with the best chance of closing
//! per heartbeat, and orders finishers by that value. Finishers that hardly ever close such goals
//! are put off to the node's next round instead of being dropped.
//!
//! Statistics are kept for buckets of similar goals and for all goals together; a bucket with few
//! tries leans on the latter. Costs are heartbeats, never milliseconds: same seed and snapshot, same
//! plan.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use lakatos_lean_bridge::protocol::Goal;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How finishers are scheduled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BanditConfig {
    /// Whether to learn at all. Off: every finisher, in the policy's order, at the highest level.
    pub enabled: bool,
    /// Heartbeat budgets in thousands (the unit of `maxHeartbeats`; about a millisecond or less on the
    /// embedded Lean), ascending.
    pub levels: Vec<u32>,
    /// A finisher may have this many times the budget that the policy gives it.
    pub stretch: u32,
    /// Tries of a finisher (on goals like this one) before it can be put off.
    pub patience: u32,
    /// A finisher whose sampled chance of closing is below this is put off to the next round.
    pub defer_below: f64,
}

impl Default for BanditConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            levels: vec![50, 200, 800, 3200],
            stretch: 8,
            patience: 24,
            defer_below: 0.01,
        }
    }
}

impl BanditConfig {
    /// The most that a finisher may have.
    fn cap(&self, arm: &Arm<'_>) -> u32 {
        let top = self.levels.last().copied().unwrap_or(1000);
        arm.cap
            .map_or(top, |own| own.saturating_mul(self.stretch.max(1)))
    }
}

/// What became of the tries that entered one level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelCounts {
    /// Closed the goal within the level.
    pub closed: u32,
    /// Ended without closing it within the level.
    pub failed: u32,
    /// Were still running at the level's end.
    pub survived: u32,
}

impl LevelCounts {
    fn entered(&self) -> u32 {
        self.closed + self.failed + self.survived
    }
}

/// Outcomes by bucket and finisher, a count for each level: plain data, small, and enough to repeat
/// a theorem's choices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanditStats {
    /// Bucket → finisher → counts by level. The bucket [`ALL`] holds every goal.
    pub arms: BTreeMap<String, BTreeMap<String, Vec<LevelCounts>>>,
}

/// The bucket of all goals.
pub const ALL: &str = "*";

impl BanditStats {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &BanditStats) {
        for (bucket, arms) in &other.arms {
            let mine = self.arms.entry(bucket.clone()).or_default();
            for (finisher, levels) in arms {
                let counts = mine.entry(finisher.clone()).or_default();
                counts.resize(counts.len().max(levels.len()), LevelCounts::default());
                for (c, l) in counts.iter_mut().zip(levels) {
                    c.closed += l.closed;
                    c.failed += l.failed;
                    c.survived += l.survived;
                }
            }
        }
    }

    fn counts(&self, bucket: &str, finisher: &str, level: usize) -> LevelCounts {
        self.arms
            .get(bucket)
            .and_then(|arms| arms.get(finisher))
            .and_then(|levels| levels.get(level))
            .copied()
            .unwrap_or_default()
    }

    fn record(&mut self, bucket: &str, finisher: &str, levels: &[u32], seen: &Seen) {
        let counts = self
            .arms
            .entry(bucket.to_owned())
            .or_default()
            .entry(finisher.to_owned())
            .or_default();
        counts.resize(counts.len().max(levels.len()), LevelCounts::default());
        let last = levels.len().saturating_sub(1);
        for (i, (count, level)) in counts.iter_mut().zip(levels).enumerate() {
            let level = f64::from(*level);
            // Lean may overshoot a budget a little; what ended, ended within the last level.
            if seen.end != End::RanOut && (seen.heartbeats <= level || i == last) {
                match seen.end {
                    End::Closed => count.closed += 1,
                    End::Failed | End::RanOut => count.failed += 1,
                }
                return;
            }
            if seen.end == End::RanOut && level > f64::from(seen.budget) {
                return;
            }
            count.survived += 1;
        }
    }
}

/// How a finisher's run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// No goal was left.
    Closed,
    /// It failed, or left goals.
    Failed,
    /// Its heartbeats or its time ran out.
    RanOut,
}

/// One observed run of a finisher.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// How it ended.
    pub end: End,
    /// Thousands of heartbeats that it took.
    pub heartbeats: f64,
    /// Thousands of heartbeats that it was given.
    pub budget: u32,
}

/// The statistics of a run, shared by its attempts.
#[derive(Debug, Default)]
pub struct SharedBandit(Mutex<BanditStats>);

impl SharedBandit {
    /// Begins with what is known already.
    pub fn new(known: BanditStats) -> Self {
        Self(Mutex::new(known))
    }

    /// What is known now.
    pub fn snapshot(&self) -> BanditStats {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Adds what an attempt has seen.
    pub fn merge(&self, seen: &BanditStats) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .merge(seen);
    }
}

/// One attempt's bandit: a snapshot, what was seen since, and a seeded generator.
#[derive(Debug)]
pub struct Bandit {
    config: BanditConfig,
    known: BanditStats,
    seen: BanditStats,
    rng: ChaCha8Rng,
}

/// A finisher as the bandit sees it.
#[derive(Debug, Clone, Copy)]
pub struct Arm<'a> {
    /// Its tactic.
    pub tactic: &'a str,
    /// The policy's own limit in thousands of heartbeats.
    pub cap: Option<u32>,
    /// Thousands of heartbeats that were not enough on this goal before; 0 if it was not tried.
    pub spent: u32,
}

/// What to do with a node's finishers now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Indices of the arms to try, best first, with their budgets in thousands of heartbeats.
    pub now: Vec<(usize, u32)>,
    /// Indices of the arms to offer again in the node's next round.
    pub later: Vec<usize>,
}

impl Bandit {
    /// A bandit that starts from `known`; the seed makes its draws repeatable.
    pub fn new(config: &BanditConfig, known: BanditStats, seed: u64) -> Self {
        Self {
            config: config.clone(),
            known,
            seen: BanditStats::default(),
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// What was seen since the snapshot.
    pub fn seen(&self) -> &BanditStats {
        &self.seen
    }

    /// Chooses among the finishers for a goal of this bucket. With `all`, none is put off for being
    /// unlikely.
    pub fn plan(&mut self, bucket: &str, arms: &[Arm<'_>], all: bool) -> Plan {
        let mut valued = Vec::new();
        let mut later = Vec::new();
        for (index, arm) in arms.iter().enumerate() {
            let cap = self.config.cap(arm);
            if arm.spent >= cap {
                continue;
            }
            if !self.config.enabled {
                valued.push((index, cap, 0.0));
                continue;
            }
            let choice = self.choose(bucket, arm, cap);
            if !all
                && choice.tries >= self.config.patience
                && choice.chance < self.config.defer_below
            {
                later.push(index);
            } else {
                valued.push((index, choice.budget, choice.value));
            }
        }
        // A stable sort: with learning off, the policy's order.
        valued.sort_by(|a, b| b.2.total_cmp(&a.2));
        Plan {
            now: valued
                .into_iter()
                .map(|(index, budget, _)| (index, budget))
                .collect(),
            later,
        }
    }

    /// The next level's budget for a finisher that ran out, if there is one under its cap.
    pub fn next_budget(&self, arm: &Arm<'_>) -> Option<u32> {
        let cap = self.config.cap(arm);
        budgets(&self.config.levels, cap).find(|b| *b > arm.spent)
    }

    /// Learns from a run.
    pub fn observe(&mut self, bucket: &str, tactic: &str, seen: &Seen) {
        for b in [bucket, ALL] {
            self.seen.record(b, tactic, &self.config.levels, seen);
        }
    }

    fn counts(&self, bucket: &str, tactic: &str, level: usize) -> LevelCounts {
        let a = self.known.counts(bucket, tactic, level);
        let b = self.seen.counts(bucket, tactic, level);
        LevelCounts {
            closed: a.closed + b.closed,
            failed: a.failed + b.failed,
            survived: a.survived + b.survived,
        }
    }

    fn choose(&mut self, bucket: &str, arm: &Arm<'_>, cap: u32) -> Choice {
        let tries = self.counts(bucket, arm.tactic, 0).entered();
        let mut best = Choice {
            value: f64::NEG_INFINITY,
            chance: 0.0,
            budget: cap,
            tries,
        };
        let mut running = 1.0;
        let (mut chance, mut cost) = (0.0, OVERHEAD);
        let mut from = f64::from(arm.spent);
        let levels: Vec<u32> = budgets(&self.config.levels, cap).collect();
        for (i, budget) in levels.into_iter().enumerate() {
            if budget <= arm.spent {
                continue;
            }
            let here = self.counts(bucket, arm.tactic, i);
            let everywhere = self.counts(ALL, arm.tactic, i);
            let prior =
                (f64::from(everywhere.closed) + 0.5) / (f64::from(everywhere.entered()) + 2.0);
            let entered = f64::from(here.entered());
            let closes = beta(
                &mut self.rng,
                f64::from(here.closed) + PRIOR * prior,
                entered - f64::from(here.closed) + PRIOR * (1.0 - prior),
            );
            let gives_up = (f64::from(here.failed) + 0.5) / (entered + 1.0);
            let ends = (closes + (1.0 - closes) * gives_up).min(1.0);
            chance += running * closes;
            // What ends within a level is taken to end half way through it.
            cost += running * (f64::from(budget) - from) * (1.0 - 0.5 * ends);
            running *= 1.0 - ends;
            from = f64::from(budget);
            if chance / cost > best.value {
                best = Choice {
                    value: chance / cost,
                    chance: best.chance,
                    budget,
                    tries,
                };
            }
            best.chance = chance;
        }
        best
    }
}

/// Thousands of heartbeats that a request costs whatever happens in it.
const OVERHEAD: f64 = 0.5;
/// Weight, in tries, of what is known of all goals.
const PRIOR: f64 = 4.0;

struct Choice {
    value: f64,
    /// The sampled chance of closing at the cap.
    chance: f64,
    budget: u32,
    tries: u32,
}

/// The levels below the cap, then the cap.
fn budgets(levels: &[u32], cap: u32) -> impl Iterator<Item = u32> {
    levels
        .iter()
        .copied()
        .filter(move |l| *l < cap)
        .chain([cap])
}

/// A draw from Beta(a, b).
fn beta(rng: &mut ChaCha8Rng, a: f64, b: f64) -> f64 {
    let (x, y) = (gamma(rng, a), gamma(rng, b));
    if x + y > 0.0 { x / (x + y) } else { 0.5 }
}

/// A draw from Gamma(shape, 1): Marsaglia and Tsang, *A Simple Method for Generating Gamma
/// Variables* (2000), with their boost for shapes below 1.
fn gamma(rng: &mut ChaCha8Rng, shape: f64) -> f64 {
    if shape < 1.0 {
        let u: f64 = rng.random::<f64>().max(f64::MIN_POSITIVE);
        return gamma(rng, shape + 1.0) * u.powf(1.0 / shape.max(1e-6));
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(rng);
        let v = (1.0 + c * x).powi(3);
        let u: f64 = rng.random::<f64>().max(f64::MIN_POSITIVE);
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// A draw from the standard normal distribution (Box and Muller).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let u: f64 = rng.random::<f64>().max(f64::MIN_POSITIVE);
    let v: f64 = rng.random();
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The bucket of a goal: the shape of its target, the kind of things it speaks of, and whether it
/// has propositional hypotheses.
pub fn bucket(goal: &Goal) -> String {
    let kind = KINDS
        .iter()
        .find(|(words, _)| {
            let mentions = |text: &str| words.iter().any(|w| text.contains(w));
            goal.hyps.iter().any(|h| mentions(&h.ty)) || mentions(&goal.target)
        })
        .map_or("any", |(_, kind)| kind);
    let facts = if goal.hyps.iter().any(|h| h.prop) {
        "+"
    } else {
        ""
    };
    format!("{}/{kind}{facts}", shape(&goal.target))
}

/// The first that is mentioned decides.
const KINDS: [(&[&str], &str); 8] = [
    (&["BitVec", "UInt", "Fin "], "machine"),
    (&["List", "Array", "Vector", "String"], "sequence"),
    (&["Option", "Sum", "Prod", "×"], "data"),
    (&["ℚ", "Rat", "ℝ", "ℂ"], "field"),
    (&["ℤ", "Int"], "int"),
    (&["ℕ", "Nat"], "nat"),
    (&["Bool"], "bool"),
    (&["Prop"], "logic"),
];

/// The outermost connective or relation of a target.
fn shape(target: &str) -> &'static str {
    const WORDS: [(&str, &str); 12] = [
        (" → ", "imp"),
        (" ↔ ", "iff"),
        (" ∨ ", "or"),
        (" ∧ ", "and"),
        (" = ", "eq"),
        (" ≠ ", "ne"),
        (" ≤ ", "le"),
        (" < ", "lt"),
        (" ≥ ", "le"),
        (" > ", "lt"),
        (" ∣ ", "dvd"),
        (" ∈ ", "mem"),
    ];
    match target.chars().next() {
        Some('∀') => return "forall",
        Some('∃') => return "exists",
        Some('¬') => return "not",
        _ => {}
    }
    let outer = outermost(target);
    WORDS
        .iter()
        .find(|(sign, _)| outer.contains(sign))
        .map_or("other", |(_, word)| word)
}

/// The text outside every bracket.
fn outermost(text: &str) -> String {
    let mut depth = 0i32;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '[' | '{' | '⟨' => depth += 1,
            ')' | ']' | '}' | '⟩' => depth -= 1,
            c if depth <= 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arms<'a>(tactics: &[&'a str]) -> Vec<Arm<'a>> {
        tactics
            .iter()
            .map(|t| Arm {
                tactic: t,
                cap: None,
                spent: 0,
            })
            .collect()
    }

    fn seen(end: End, heartbeats: f64, budget: u32) -> Seen {
        Seen {
            end,
            heartbeats,
            budget,
        }
    }

    #[test]
    fn same_seed_and_snapshot_same_plans() {
        let run = |seed| {
            let mut b = Bandit::new(&BanditConfig::default(), BanditStats::default(), seed);
            let mut plans = Vec::new();
            for i in 0..50u32 {
                plans.push(b.plan("eq/nat", &arms(&["simp", "omega", "grind"]), false));
                let end = if i % 3 == 0 { End::Closed } else { End::Failed };
                b.observe("eq/nat", "omega", &seen(end, f64::from(i), 200));
                b.observe("eq/nat", "simp", &seen(End::RanOut, 5.0, 5));
            }
            plans
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn what_closes_cheaply_comes_first() {
        let mut b = Bandit::new(&BanditConfig::default(), BanditStats::default(), 1);
        for _ in 0..200 {
            b.observe("eq/nat", "omega", &seen(End::Closed, 1.0, 200));
            b.observe("eq/nat", "grind", &seen(End::Closed, 650.0, 800));
            b.observe("eq/nat", "rfl", &seen(End::Failed, 0.1, 200));
        }
        let plan = b.plan("eq/nat", &arms(&["rfl", "grind", "omega"]), false);
        assert_eq!(plan.now.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(plan.now[0].1, 50, "a cheap closer gets the lowest level");
        assert_eq!(plan.now[1].1, 800, "a dear one gets what it needs");
        assert_eq!(plan.later, [0], "what never closes is put off");
        assert_eq!(b.plan("eq/nat", &arms(&["rfl"]), true).now.len(), 1);
    }

    #[test]
    fn a_run_that_ran_out_says_nothing_of_higher_levels() {
        let mut s = BanditStats::default();
        s.record("b", "simp", &[5, 20, 80], &seen(End::RanOut, 20.0, 20));
        let survived = |i| s.counts("b", "simp", i).survived;
        assert_eq!([survived(0), survived(1), survived(2)], [1, 1, 0]);
        s.record("b", "simp", &[5, 20, 80], &seen(End::Closed, 9.0, 80));
        assert_eq!(s.counts("b", "simp", 1).closed, 1);
        assert_eq!(s.counts("b", "simp", 2), LevelCounts::default());
    }

    #[test]
    fn a_cap_that_was_spent_ends_the_arm() {
        let mut b = Bandit::new(&BanditConfig::default(), BanditStats::default(), 1);
        let arm = Arm {
            tactic: "simp",
            cap: Some(50),
            spent: 400,
        };
        assert_eq!(b.plan("x", &[arm], true), Plan::default());
        assert_eq!(b.next_budget(&arm), None);
        assert_eq!(b.next_budget(&Arm { spent: 20, ..arm }), Some(50));
    }

    #[test]
    fn merging_is_adding() {
        let mut a = BanditStats::default();
        let mut b = BanditStats::default();
        a.record("x", "rfl", &[5], &seen(End::Closed, 1.0, 5));
        b.record("x", "rfl", &[5], &seen(End::Failed, 1.0, 5));
        let shared = SharedBandit::new(a);
        shared.merge(&b);
        let json = serde_json::to_string(&shared.snapshot()).unwrap();
        let back: BanditStats = serde_json::from_str(&json).unwrap();
        assert_eq!(back, shared.snapshot());
        assert_eq!(
            back.counts("x", "rfl", 0),
            LevelCounts {
                closed: 1,
                failed: 1,
                survived: 0
            }
        );
    }

    #[test]
    fn shapes() {
        for (target, expect) in [
            ("a + b = b + a", "eq"),
            ("∀ x, x = x", "forall"),
            ("p ∧ q → r", "imp"),
            ("(p → q) ∧ r", "and"),
            ("f (a = b)", "other"),
            ("¬a = b", "not"),
            ("3 ∣ n", "dvd"),
        ] {
            assert_eq!(shape(target), expect, "{target}");
        }
    }
}
