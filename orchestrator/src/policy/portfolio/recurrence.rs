//! Sequences given by initial values and a recurrence.
//!
//! `a (n + k) = F(a n, …, a (n + k - 1))` with `a s, …, a (s + k - 1)` known makes the window of `k`
//! consecutive terms an iterate of a map: `a (s + j)` is the first component of the `j`-th iterate,
//! which evaluation computes. If the window returns to its initial values after `p` steps, then
//! `a (i + p) = a i`, and evaluation is not needed.

use super::expr::{Expr, Op, Quantifier};
use super::features::{Ty, View};
use super::fraction::{Fraction, minus, over, plus, times};
use super::idea::{DECIDE, Idea, indent};

const MAX_ORDER: i128 = 6;
const MAX_INDEX: i128 = 5_000;

/// A recurrence for one sequence.
struct Recurrence {
    /// The sequence.
    name: String,
    /// Type of the terms, as text.
    ty: String,
    /// First index of the window.
    start: i128,
    /// Terms, and the names of the hypotheses that give them.
    initial: Vec<(Expr, String)>,
    /// The next term, in `s` projected.
    next: Expr,
    /// The hypothesis, and the index at which to use it for the window that begins at `k + start`.
    law: String,
    lead: i128,
    shift: i128,
    guarded: bool,
}

/// Evaluation of the terms that the target names.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    for v in &view.vars {
        let Ty::Function(t) = &v.ty else { continue };
        let mut parts = t.split('→').map(str::trim);
        if !parts.next().is_some_and(|p| Ty::read(p) == Ty::Nat) {
            continue;
        }
        let (Some(range), None) = (parts.next(), parts.next()) else {
            continue;
        };
        let Some(r) = read(view, &v.name, range) else {
            continue;
        };
        if let Some(text) = periodic(view, &r) {
            out.push(Idea::new("recurrence", 1, 0.45, text).budget(8_000));
        }
        if let Some(text) = iterate(view, &r) {
            out.push(Idea::new("recurrence", 1, 0.4, text).budget(40_000));
        }
    }
    out
}

fn read(view: &View, name: &str, range: &str) -> Option<Recurrence> {
    // `a 3 = value`.
    let mut values: Vec<(i128, Expr, String)> = Vec::new();
    for f in &view.facts {
        if let Expr::Bin(Op::Eq, l, r) = &f.expr
            && let Some(i) = applied(l, name).and_then(Expr::literal)
            && !r.mentions(name)
            && view.vars.iter().all(|v| !r.mentions(&v.name))
        {
            values.push((i, (**r).clone(), f.proof.clone()));
        }
    }
    values.sort_by_key(|(i, ..)| *i);
    values.dedup_by_key(|(i, ..)| *i);
    let start = values.first()?.0;
    let known = values
        .iter()
        .enumerate()
        .take_while(|(k, (i, ..))| *i == start + *k as i128)
        .count();
    for f in &view.facts {
        let Expr::Quant(Quantifier::Forall, names, _, body) = &f.expr else {
            continue;
        };
        let [n] = names.as_slice() else { continue };
        let (guarded, body) = match body.as_ref() {
            Expr::Bin(Op::Imp, g, b) if !g.mentions(name) => (true, b.as_ref()),
            b => (false, b),
        };
        let Expr::Bin(Op::Eq, l, r) = body else {
            continue;
        };
        let Some(lead) = applied(l, name).and_then(|i| offset(i, n)) else {
            continue;
        };
        // Every other term must lie in the window below the leading one.
        let mut lags: Vec<i128> = Vec::new();
        let mut fine = true;
        r.walk(&mut |e| {
            if let Some(i) = applied(e, name) {
                match offset(i, n) {
                    Some(o) => lags.push(lead - o),
                    None => fine = false,
                }
            }
        });
        let order = lags.iter().max().copied()?;
        if !fine || lags.iter().any(|l| *l < 1) || order > MAX_ORDER || (known as i128) < order {
            continue;
        }
        // The window `start + k, …`; its successor has index `start + order + k = n + lead`.
        let shift = start + order - lead;
        if shift < 0 {
            continue;
        }
        let next = project(r, name, n, lead, order, shift)?;
        return Some(Recurrence {
            name: name.to_owned(),
            ty: range.to_owned(),
            start,
            initial: values
                .iter()
                .take(usize::try_from(order).ok()?)
                .map(|(_, v, p)| (v.clone(), p.clone()))
                .collect(),
            next,
            law: f.proof.clone(),
            lead,
            shift,
            guarded,
        });
    }
    None
}

/// The argument, if the term is the sequence at one index.
fn applied<'a>(e: &'a Expr, name: &str) -> Option<&'a Expr> {
    match e {
        Expr::App(f, args) if f == name => match args.as_slice() {
            [i] => Some(i),
            _ => None,
        },
        _ => None,
    }
}

/// `c` if the index is `n + c` or `n - c` (negative).
fn offset(index: &Expr, n: &str) -> Option<i128> {
    match index {
        Expr::Var(v) if v == n => Some(0),
        Expr::Bin(op @ (Op::Add | Op::Sub), a, b) => {
            let (a, c) = (offset(a, n)?, b.literal()?);
            Some(if *op == Op::Add { a + c } else { a - c })
        }
        _ => None,
    }
}

/// The right-hand side with `a (n + c)` replaced by components of `s`, and `n` by the index.
fn project(e: &Expr, name: &str, n: &str, lead: i128, order: i128, shift: i128) -> Option<Expr> {
    let go = |e: &Expr| project(e, name, n, lead, order, shift);
    if let Some(i) = applied(e, name) {
        let position = order - (lead - offset(i, n)?);
        return Some(Expr::Var(component(position, order)));
    }
    Some(match e {
        // The law is used at `k + shift` for the step from the `k`-th window.
        Expr::Var(v) if v == n => Expr::bin(Op::Add, Expr::Var("k".to_owned()), Expr::Num(shift)),
        Expr::Num(_) | Expr::Var(_) => e.clone(),
        Expr::Neg(a) => Expr::Neg(Box::new(go(a)?)),
        Expr::Cast(a) => Expr::Cast(Box::new(go(a)?)),
        Expr::Ascribe(a, t) => Expr::Ascribe(Box::new(go(a)?), t.clone()),
        Expr::Bin(op, a, b) => Expr::bin(*op, go(a)?, go(b)?),
        _ => return None,
    })
}

/// The projection of `s` to a component of a nested pair.
fn component(position: i128, order: i128) -> String {
    let mut text = "s".to_owned();
    for _ in 0..position {
        text += ".2";
    }
    if position + 1 < order {
        text += ".1";
    }
    text
}

const MAX_PERIOD: usize = 24;

/// The value of a term without variables other than the components of the window.
fn value(e: &Expr, window: &[Fraction], ty: &Ty) -> Option<Fraction> {
    let go = |e: &Expr| value(e, window, ty);
    match e {
        Expr::Num(n) => Some((*n, 1)),
        Expr::Var(v) => {
            let order = i128::try_from(window.len()).ok()?;
            let at = (0..order).position(|i| component(i, order) == *v)?;
            window.get(at).copied()
        }
        Expr::Neg(a) => minus((0, 1), go(a)?),
        Expr::Cast(a) | Expr::Ascribe(a, _) => go(a),
        Expr::Bin(op, a, b) => {
            let (x, y) = (go(a)?, go(b)?);
            match op {
                Op::Add => plus(x, y),
                Op::Sub if *ty == Ty::Nat && x.0 < y.0 => None,
                Op::Sub => minus(x, y),
                Op::Mul => times(x, y),
                Op::Div if *ty == Ty::Rat => over(x, y),
                Op::Mod if *ty != Ty::Rat && y.0 > 0 => Some((x.0.rem_euclid(y.0), 1)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The terms of one period, or none if the window does not return soon.
fn period(r: &Recurrence) -> Option<Vec<Fraction>> {
    let ty = Ty::read(&r.ty);
    let order = r.initial.len();
    if r.next.mentions("k") {
        return None;
    }
    let mut terms: Vec<Fraction> = r
        .initial
        .iter()
        .map(|(e, _)| value(e, &[], &ty))
        .collect::<Option<_>>()?;
    for p in 1..=MAX_PERIOD {
        let next = value(&r.next, terms.get(p - 1..)?, &ty)?;
        terms.push(next);
        if terms[p..] == terms[..order] {
            // At least a whole window, so that a block follows from the block before it.
            let blocks = order.div_ceil(p).max(1);
            return Some(
                terms[..p]
                    .iter()
                    .copied()
                    .cycle()
                    .take(p * blocks)
                    .collect(),
            );
        }
    }
    None
}

/// `a (p k + i) = v i` for all `k`, by induction on `k`.
fn periodic(view: &View, r: &Recurrence) -> Option<String> {
    let terms = period(r)?;
    let p = i128::try_from(terms.len()).ok()?;
    let order = i128::try_from(r.initial.len()).ok()?;
    let indices = indices(view, r)?;
    let literal = |i: i128| {
        let (n, d) = terms[usize::try_from(i.rem_euclid(p)).unwrap_or(0)];
        let n = if n < 0 {
            format!("({n})")
        } else {
            n.to_string()
        };
        if d == 1 { n } else { format!("({n} / {d})") }
    };
    let (name, start) = (&r.name, r.start);
    let claim = |i: i128| format!("{name} ({p} * k + {}) = {}", start + i, literal(i));
    let claims: Vec<String> = (0..p).map(claim).collect();
    let step = |k: &str, i: i128| {
        let n = start + i - r.lead;
        let guard = if r.guarded { " (by omega)" } else { "" };
        let earlier: Vec<String> = (1..=order)
            .map(|j| format!("try rw [e{}_]", i - j))
            .collect();
        format!(
            "have e{i}_ : {name} ({k}{}) = {} := by\n  \
             have hlaw := {} ({k}{n}){guard}\n  \
             simp only [Nat.add_assoc, Nat.reduceAdd, Nat.add_sub_cancel, Nat.reduceSubDiff, Nat.reduceSub, Nat.add_zero] at hlaw\n  \
             rw [hlaw]\n  {}\n  first | rfl | decide +kernel | grind\n",
            start + i,
            literal(i),
            r.law,
            earlier.join("\n  ")
        )
    };
    let tuple = |first: i128| {
        let parts: Vec<String> = (first..first + p).map(|i| format!("e{i}_")).collect();
        if p == 1 {
            parts.concat()
        } else {
            format!("⟨{}⟩", parts.join(", "))
        }
    };
    let mut base = String::new();
    for (i, (_, proof)) in r.initial.iter().enumerate() {
        base += &format!("have e{i}_ := {proof}\n");
    }
    for i in order..p {
        base += &step("", i);
    }
    base += &format!("exact {}", tuple(0));
    let mut next = format!("obtain {} := ih\n", tuple(0));
    for i in p..2 * p {
        next += &step(&format!("{p} * k + "), i);
    }
    next += &format!(
        "simp only [Nat.mul_add, Nat.mul_one, Nat.add_assoc, Nat.reduceAdd, Nat.reduceMul]\nexact {}",
        tuple(p)
    );
    let mut text = format!(
        "{}have hseq : ∀ k : Nat, {} := by\n  intro k\n  induction k with\n  | zero =>\n{}  | succ k ih =>\n{}",
        view.prefix,
        claims.join(" ∧ "),
        indent(&indent(&base)),
        indent(&indent(&next)),
    );
    for i in indices {
        let (q, at) = ((i - start).div_euclid(p), (i - start).rem_euclid(p));
        let place = component(at, p);
        text += &format!(
            "have hval := (hseq {q}){}\nsimp only [Nat.reduceAdd, Nat.reduceMul] at hval\nrw [hval]\nclear hval\n",
            &place[1..]
        );
    }
    text += DECIDE;
    Some(text)
}

/// The indices at which the target names the sequence; none if there are none or one is too large.
fn indices(view: &View, r: &Recurrence) -> Option<Vec<i128>> {
    let mut found: Vec<i128> = Vec::new();
    view.target.walk(&mut |e| {
        if let Some(i) = applied(e, &r.name).and_then(Expr::literal)
            && i >= r.start
            && !found.contains(&i)
        {
            found.push(i);
        }
    });
    (!found.is_empty()).then_some(found)
}

fn iterate(view: &View, r: &Recurrence) -> Option<String> {
    let order = i128::try_from(r.initial.len()).ok()?;
    let indices = indices(view, r)?;
    if indices.iter().any(|i| *i > MAX_INDEX) {
        return None;
    }
    let ty = vec![r.ty.as_str(); r.initial.len()].join(" × ");
    let values: Vec<String> = r.initial.iter().map(|(v, _)| v.to_string()).collect();
    let mut step: Vec<String> = (1..order).map(|i| component(i, order)).collect();
    step.push(r.next.to_string());
    let iterated = format!(
        "(Nat.rec (motive := fun _ => {ty}) ({}) (fun k s => ({})) k)",
        values.join(", "),
        step.join(", ")
    );
    let claims: Vec<String> = (0..order)
        .map(|i| {
            let c = component(i, order);
            format!("{} (k + {}) = {}{}", r.name, r.start + i, iterated, &c[1..])
        })
        .collect();
    let proofs: Vec<&str> = r.initial.iter().map(|(_, p)| p.as_str()).collect();
    let names: Vec<String> = (0..order).map(|i| format!("t{i}_")).collect();
    let mut parts: Vec<&str> = names[1..].iter().map(String::as_str).collect();
    parts.push("?_");
    let law = if r.guarded {
        format!("{} (k + {}) (by omega)", r.law, r.shift)
    } else {
        format!("{} (k + {})", r.law, r.shift)
    };
    let tuple = |items: &[&str]| match items {
        [one] => (*one).to_owned(),
        many => format!("⟨{}⟩", many.join(", ")),
    };
    let name_refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut text = format!(
        "{}have hseq : ∀ k : Nat, {} := by\n  \
         intro k\n  \
         induction k with\n  \
         | zero => exact {}\n  \
         | succ k ih =>\n    \
         {}\n    \
         refine {}\n    \
         have hlaw := {law}\n    \
         first\n      \
         | exact hlaw.trans (by first | (rw [{rules}]; done) | (rw [{rules}]; rfl) | (simp only [{rules}]; done) | (simp only [{rules}]; rfl))\n      \
         | (simp only [Nat.add_sub_cancel, Nat.reduceSubDiff, Nat.add_assoc, Nat.reduceAdd] at hlaw ⊢\n         \
         rw [hlaw, {rules}])\n      \
         | (simp only [Nat.add_sub_cancel, Nat.reduceSubDiff, Nat.add_assoc, Nat.add_comm, Nat.add_left_comm, Nat.reduceAdd] at hlaw {} ⊢\n         \
         rw [hlaw, {rules}])\n      \
         | (simp_all; done)\n",
        view.prefix,
        claims.join(" ∧ "),
        tuple(&proofs),
        if order == 1 {
            "have t0_ := ih".to_owned()
        } else {
            format!("obtain {} := ih", tuple(&name_refs))
        },
        tuple(&parts),
        names.join(" "),
        rules = names.join(", "),
    );
    for i in indices {
        let first = if order == 1 { "" } else { ".1" };
        text += &format!(
            "have hval := (hseq {}){first}\nsimp only [Nat.reduceAdd] at hval\nrw [hval]\nclear hval\n",
            i - r.start
        );
    }
    text += DECIDE;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    #[test]
    fn windows_become_tuples() {
        let found = ideas(&view(
            "f : ℕ → ℕ\nh0 : f 0 = 0\nh1 : f 1 = 1\nh2 : ∀ n, f (n + 2) = f n + f (n + 1)\n⊢ f 10 = 55",
        ));
        assert!(
            found[0].tactic.contains("(fun k s => (s.2, (s.1 + s.2)))")
                || found[0].tactic.contains("(fun k s => (s.2, s.1 + s.2))"),
            "{found:?}"
        );
        assert!(found[0].tactic.contains("hseq 10"));
    }

    #[test]
    fn periodic_sequences_are_recognised() {
        let found = ideas(&view(
            "t : ℕ → ℚ\nh0 : t 0 = 2\nh2 : ∀ n, t (n + 1) = 1 - 1 / t n\n⊢ t 100 = 1 / 2",
        ));
        assert!(
            found[0].tactic.contains("t (3 * k + 1) = (1 / 2)"),
            "{found:?}"
        );
        assert!(found[0].tactic.contains("(hseq 33).2.1"), "{found:?}");
    }

    #[test]
    fn backward_laws_and_guards() {
        let found = ideas(&view(
            "x : ℕ → ℤ\nh0 : x 1 = 2\nh2 : ∀ n ≥ 2, x n = 3 * x (n - 1) - 1\n⊢ x 5 = 122",
        ));
        assert!(
            found[0].tactic.contains("h2 (k + 2) (by omega)"),
            "{found:?}"
        );
        assert!(found[0].tactic.contains("hseq 4"));
    }

    #[test]
    fn the_index_may_occur() {
        let found = ideas(&view(
            "f : ℕ → ℕ\nh0 : f 1 = 2\nh2 : ∀ n, 1 ≤ n → f (n + 1) = f n + 2 * n + 3\n⊢ f 10 = 119",
        ));
        assert!(found[0].tactic.contains("(k + 1)"), "{found:?}");
        assert!(
            found[0].tactic.contains("h2 (k + 1) (by omega)"),
            "{found:?}"
        );
    }

    #[test]
    fn unknown_starts_and_free_indices_are_left_alone() {
        assert!(ideas(&view("f : ℕ → ℕ\nh2 : ∀ n, f (n + 1) = f n\n⊢ f 10 = 55")).is_empty());
        assert!(
            ideas(&view(
                "f : ℕ → ℕ\nn : ℕ\nh : f 0 = 1\nh2 : ∀ n, f (n + 1) = f n\n⊢ f n = 1"
            ))
            .is_empty()
        );
    }
}
