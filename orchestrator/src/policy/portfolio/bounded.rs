//! Finite search over bounded variables.
//!
//! Facts that bound every variable leave finitely many cases; a decidable statement over finitely
//! many cases is decided by evaluation. Interval propagation finds the bounds ([`super::interval`]),
//! monotonicity of `+`, `*`, `^` on the naturals proves them where linear arithmetic does not.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::{ARITH, DECIDE, Idea};
use super::interval::{Bound, Bounds, negate, propagate};

/// More cases than this are not evaluated.
const MAX_EVALUATED: i128 = 20_000;
/// More cases than this are not split by a tactic each.
const MAX_SPLIT: i128 = 128;

/// Enumerations of the variables that are bounded.
pub fn ideas(view: &View) -> Vec<Idea> {
    let facts: Vec<Expr> = view.facts.iter().map(|f| f.expr.clone()).collect();
    let mut out = Vec::new();
    attempt(view, &facts, "", &mut out);
    // The negated target is one more fact: a statement `5 ≤ a + b` bounds `a` and `b`.
    if let Some(denied) = negate(&view.target).filter(|e| !matches!(e, Expr::Bin(Op::Ne, ..))) {
        let mut with = facts;
        with.push(denied);
        let plain = propagate(view, &with[..with.len() - 1]);
        if propagate(view, &with).ranges != plain.ranges {
            let hyp = view.fresh("hneg");
            let opening = format!("apply Decidable.byContradiction\nintro {hyp}\n");
            attempt(view, &with, &opening, &mut out);
        }
    }
    out
}

fn attempt(view: &View, facts: &[Expr], opening: &str, out: &mut Vec<Idea>) {
    let bounds = propagate(view, facts);
    let size = |name: &str| {
        let r = bounds.ranges.get(name)?;
        Some((r.hi?.checked_sub(r.lo?)?).checked_add(1)?.max(1))
    };
    let target_vars: Vec<&str> = view
        .vars
        .iter()
        .map(|v| v.name.as_str())
        .filter(|v| view.target.mentions(v))
        .collect();
    let opened = !opening.is_empty();

    // Evaluation: every variable of the target, and as many more as are bounded and small.
    let mut chosen: Vec<(&str, i128)> = Vec::new();
    let mut total: i128 = 1;
    for v in view.vars.iter().filter(|v| v.ty.is_integral()) {
        let Some(n) = size(&v.name) else { continue };
        if let Some(t) = total.checked_mul(n).filter(|t| *t <= MAX_EVALUATED) {
            total = t;
            chosen.push((&v.name, n));
        }
    }
    let covers = target_vars
        .iter()
        .all(|v| chosen.iter().any(|(c, _)| c == v));
    if covers && !chosen.is_empty() && (decidable(&view.target) || opened) {
        let names: Vec<&str> = chosen.iter().map(|(n, _)| *n).collect();
        if let Some(text) = evaluate(view, &bounds, facts, &names, opening) {
            let round = if total <= 3000 { 1 } else { 2 };
            let weight = if total <= 3000 { 0.3 } else { 0.15 };
            out.push(Idea::new("bounded", round, weight, text).budget(16_000));
        }
    }

    // Splitting: one variable at a time, then linear arithmetic in what is left.
    let mut small: Vec<(&str, i128)> = view
        .vars
        .iter()
        .filter(|v| v.ty.is_integral())
        .filter_map(|v| Some((v.name.as_str(), size(&v.name)?)))
        .filter(|(_, n)| *n <= MAX_SPLIT)
        .collect();
    small.sort_by_key(|(_, n)| *n);
    for (rank, (name, n)) in small.iter().take(3).enumerate() {
        if let Some(text) = split(view, &bounds, facts, name, opening) {
            let round = if *n <= 16 { 1 } else { 2 };
            let weight = 0.25 / (1.0 + rank as f64) / if *n <= 16 { 1.0 } else { 2.0 };
            out.push(Idea::new("cases", round, weight, text).budget(if *n <= 16 {
                8_000
            } else {
                60_000
            }));
        }
    }
}

/// Whether evaluation can decide it: arithmetic relations joined by connectives.
fn decidable(e: &Expr) -> bool {
    if e.is_opaque() {
        return false;
    }
    let mut yes = true;
    e.walk(&mut |x| yes &= !matches!(x, Expr::Quant(..)));
    yes
}

/// The deductions that the named variables' bounds rest on, as a block of `have`s.
fn prove_bounds(view: &View, bounds: &Bounds, facts: &[Expr], names: &[&str]) -> Option<Proved> {
    let mut needed: Vec<&Bound> = Vec::new();
    let mut wanted: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    // Backwards: a deduction about a wanted variable makes the other variables of its fact wanted.
    for step in bounds.steps.iter().rev() {
        if wanted.contains(&step.var) {
            let fact = facts.get(step.fact)?;
            for v in view.integral_vars(fact) {
                if !wanted.contains(&v.name) {
                    wanted.push(v.name.clone());
                }
            }
            needed.push(step);
        }
    }
    needed.reverse();
    let mut text = String::new();
    let mut known: Vec<Known> = Vec::new();
    for (i, step) in needed.iter().enumerate() {
        let var = view.var(&step.var)?;
        let hyp = view.fresh(&format!("hb{i}_"));
        let claim = if step.upper {
            format!("{} < {}", step.var, step.value.checked_add(1)?)
        } else {
            format!("{} ≤ {}", step.value, step.var)
        };
        let fact = facts.get(step.fact)?;
        let how = if var.ty == Ty::Nat && step.upper {
            let by_monotonicity = monotone_facts(view, fact, &step.var, &known);
            format!(
                "first\n  | omega\n  | (refine Nat.lt_of_not_le fun hc => ?_\n{by_monotonicity}     {ARITH})"
            )
        } else {
            let denied = if step.upper {
                "Int.lt_of_not_ge"
            } else {
                "Int.not_lt.mp"
            };
            let products = signed_facts(view, fact, step, &known)?;
            format!("first\n  | omega\n  | (refine {denied} fun hc => ?_\n{products}     {ARITH})")
        };
        text += &format!("have {hyp} : {claim} := by\n");
        text += &super::idea::indent(&how);
        known.push(Known {
            var: step.var.clone(),
            upper: step.upper,
            value: step.value,
            hyp,
        });
    }
    Some(Proved { text, known })
}

struct Proved {
    text: String,
    known: Vec<Known>,
}

struct Known {
    var: String,
    upper: bool,
    value: i128,
    hyp: String,
}

/// `have`s that bound from below each product and power in the fact, given `hc : B ≤ x`.
fn monotone_facts(view: &View, fact: &Expr, var: &str, known: &[Known]) -> String {
    let nonlinear = |e: &Expr| match e {
        Expr::Bin(Op::Mul, a, b) => a.literal().is_none() && b.literal().is_none(),
        Expr::Bin(Op::Pow, ..) => true,
        _ => false,
    };
    let mut text = String::new();
    for e in fact.find_all(&nonlinear) {
        for constant in [true, false] {
            if let Some(proof) = at_least(view, e, var, known, constant) {
                text += &format!("     have := {proof}\n");
            }
        }
    }
    if let Expr::Bin(Op::Dvd, d, n) = fact {
        text += &format!(
            "     have := Nat.le_of_dvd (show 0 < {n} by omega) (show {d} ∣ {n} by assumption)\n"
        );
    }
    text
}

/// A term that proves `c ≤ e` on the naturals: `e` grows with its variables, `hc` bounds `var`. The
/// other variables stand at their lower ends (`constant`) or as they are.
fn at_least(view: &View, e: &Expr, var: &str, known: &[Known], constant: bool) -> Option<String> {
    Some(match e {
        Expr::Var(v) if v == var => "hc".to_owned(),
        Expr::Var(v) if constant && view.var(v)?.ty == Ty::Nat => {
            match known.iter().rev().find(|k| k.var == *v && !k.upper) {
                Some(k) => k.hyp.clone(),
                None => format!("(Nat.zero_le {v})"),
            }
        }
        Expr::Bin(Op::Mul, a, b) => format!(
            "(Nat.mul_le_mul {} {})",
            at_least(view, a, var, known, constant)?,
            at_least(view, b, var, known, constant)?
        ),
        Expr::Bin(Op::Add, a, b) => format!(
            "(Nat.add_le_add {} {})",
            at_least(view, a, var, known, constant)?,
            at_least(view, b, var, known, constant)?
        ),
        Expr::Bin(Op::Pow, a, k) if k.literal().is_some() => {
            format!(
                "(Nat.pow_le_pow_left {} {k})",
                at_least(view, a, var, known, constant)?
            )
        }
        Expr::Bin(Op::Pow, b, e) if b.literal().is_some_and(|b| b > 0) => format!(
            "(Nat.pow_le_pow_right (n := {b}) (by decide) {})",
            at_least(view, e, var, known, constant)?
        ),
        Expr::Bin(Op::Sub, ..) => return None,
        e => format!("(Nat.le_refl ({e}))"),
    })
}

/// `have`s of nonnegative products on the integers, given `hc` that denies the bound: the excess
/// squared, the excess times the other variables' distances from their ends, and squares.
fn signed_facts(view: &View, fact: &Expr, step: &Bound, known: &[Known]) -> Option<String> {
    let excess = if step.upper {
        format!("{} - ({})", step.var, step.value.checked_add(1)?)
    } else {
        format!("({}) - {}", step.value.checked_sub(1)?, step.var)
    };
    let mut text =
        format!("     have hx : 0 ≤ {excess} := by omega\n     have := Int.mul_nonneg hx hx\n");
    for v in view
        .integral_vars(fact)
        .iter()
        .filter(|v| v.name != step.var)
    {
        let name = &v.name;
        if v.ty == Ty::Int {
            text += &format!(
                "     have : 0 ≤ {name} * {name} := by\n       \
                 rcases Int.le_total 0 {name} with h | h\n       \
                 · exact Int.mul_nonneg h h\n       \
                 · exact Int.mul_nonneg_of_nonpos_of_nonpos h h\n"
            );
        }
        for k in known.iter().filter(|k| k.var == *name) {
            let distance = if k.upper {
                format!("({}) - {name}", k.value)
            } else {
                format!("{name} - ({})", k.value)
            };
            text += &format!("     have := Int.mul_nonneg hx (show 0 ≤ {distance} by omega)\n");
        }
    }
    Some(text)
}

/// The natural variable that stands for a name, its bound hypothesis, and the number of its values.
type Natural = (String, String, String);

/// The opening, the bounds, and integers replaced by naturals from their lower ends. Gives the text,
/// and for each name the natural variable, its bound hypothesis and the number of its values.
fn prepare(
    view: &View,
    bounds: &Bounds,
    facts: &[Expr],
    names: &[&str],
    opening: &str,
) -> Option<(String, Vec<Natural>)> {
    let proved = prove_bounds(view, bounds, facts, names)?;
    let mut text = format!("{}{opening}{}", view.prefix, proved.text);
    let mut naturals = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let range = bounds.ranges.get(*name)?;
        let (lo, hi) = (range.lo?, range.hi?);
        let hyp = view.fresh(&format!("hs{i}_"));
        match view.var(name)?.ty {
            Ty::Nat => {
                text += &format!("have {hyp} : {name} < {} := by omega\n", hi + 1);
                naturals.push(((*name).to_owned(), hyp, (*name).to_owned()));
            }
            Ty::Int => {
                let k = view.fresh(&format!("k{i}_"));
                let eq = view.fresh(&format!("he{i}_"));
                text += &format!(
                    "obtain ⟨{k}, {eq}⟩ : ∃ k : Nat, {name} = ({lo}) + (k : Int) := ⟨({name} - ({lo})).toNat, by omega⟩\n\
                     have {hyp} : {k} < {} := by omega\n",
                    hi - lo + 1
                );
                naturals.push((k, hyp, (*name).to_owned()));
            }
            _ => return None,
        }
    }
    // The bounds have served; the values say as much.
    if !proved.known.is_empty() {
        let hyps: Vec<&str> = proved.known.iter().map(|k| k.hyp.as_str()).collect();
        text += &format!("clear {}\n", hyps.join(" "));
    }
    for (i, name) in names.iter().enumerate() {
        if view.var(name)?.ty == Ty::Int {
            text += &format!("subst {}\n", view.fresh(&format!("he{i}_")));
        }
    }
    Some((text, naturals))
}

/// Bounds, then `∀ x < n, ∀ y < m, facts → target`, by evaluation.
fn evaluate(
    view: &View,
    bounds: &Bounds,
    facts: &[Expr],
    names: &[&str],
    opening: &str,
) -> Option<String> {
    let (mut text, naturals) = prepare(view, bounds, facts, names, opening)?;
    let usable = |e: &Expr| {
        decidable(e)
            && view
                .vars
                .iter()
                .filter(|v| e.mentions(&v.name))
                .all(|v| names.contains(&v.name.as_str()))
    };
    let unusable: Vec<&str> = view
        .hyps
        .iter()
        .filter(|(_, e)| !usable(e) && names.iter().any(|n| e.mentions(n)))
        .map(|(h, _)| h.as_str())
        .collect();
    if !unusable.is_empty() {
        text += &format!("clear {}\n", unusable.join(" "));
    }
    // Each fact goes just inside the quantifier of its last variable, so that it prunes early.
    if !opening.is_empty() {
        text += &format!("revert {}\n", view.fresh("hneg"));
    }
    for (i, (natural, hyp, original)) in naturals.iter().enumerate().rev() {
        let here: Vec<&str> = view
            .hyps
            .iter()
            .filter(|(_, e)| usable(e) && e.mentions(original))
            .filter(|(_, e)| !names[i + 1..].iter().any(|later| e.mentions(later)))
            .map(|(h, _)| h.as_str())
            .collect();
        if !here.is_empty() {
            text += &format!("revert {}\n", here.join(" "));
        }
        text += &format!("revert {hyp}\nrevert {natural}\n");
    }
    text += DECIDE;
    Some(text)
}

/// Bounds, then one goal for each value of the variable, each closed by arithmetic.
fn split(
    view: &View,
    bounds: &Bounds,
    facts: &[Expr],
    name: &str,
    opening: &str,
) -> Option<String> {
    let (mut text, naturals) = prepare(view, bounds, facts, &[name], opening)?;
    let (natural, hyp, _) = naturals.first()?;
    let mut dependent: Vec<&str> = view
        .hyps
        .iter()
        .filter(|(_, e)| e.mentions(name))
        .map(|(h, _)| h.as_str())
        .collect();
    let denied = view.fresh("hneg");
    if !opening.is_empty() && view.target.mentions(name) {
        dependent.push(&denied);
    }
    if !dependent.is_empty() {
        text += &format!("revert {}\n", dependent.join(" "));
    }
    text += &format!(
        "revert {hyp}\nrevert {natural}\n\
         have step : ∀ (p : Nat → Prop) (n : Nat), (∀ m, m < n → p m) → p n → ∀ m, m < n + 1 → p m :=\n  \
         fun p n h1 h2 m hm => (Nat.lt_succ_iff_lt_or_eq.mp hm).elim (h1 m) (· ▸ h2)\n\
         have base : ∀ (p : Nat → Prop), ∀ m, m < 0 → p m := fun p m h => absurd h (Nat.not_lt_zero m)\n\
         repeat' first | apply base | apply step\n\
         all_goals (clear step base; intros; first | omega | (simp_all; done) | grind)"
    );
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    fn texts(goal: &str) -> Vec<String> {
        ideas(&view(goal)).into_iter().map(|i| i.tactic).collect()
    }

    #[test]
    fn two_bounded_variables_are_evaluated() {
        let found = texts("x y : ℕ\nh : x * y + x + y = 23\nh1 : x < y\n⊢ x ≤ 3");
        assert!(
            found
                .iter()
                .any(|t| t.contains("revert y") && t.ends_with(DECIDE)),
            "{found:?}"
        );
    }

    #[test]
    fn negative_integers_are_shifted() {
        let found = texts("x : ℤ\nh : -3 < x ∧ x < 4\n⊢ x ^ 2 < 16");
        assert!(
            found.iter().any(|t| t.contains("x = (-2) + (k : Int)")),
            "{found:?}"
        );
    }

    #[test]
    fn the_target_may_bound() {
        let found = texts("a b : ℕ\nh : ¬7 ∣ a\n⊢ 5 ≤ a + b");
        assert!(
            found.iter().any(|t| t.contains("byContradiction")),
            "{found:?}"
        );
    }

    #[test]
    fn unbounded_goals_get_nothing() {
        assert!(texts("x y : ℕ\nh : x = y\n⊢ x + y = 2 * x").is_empty());
    }
}
