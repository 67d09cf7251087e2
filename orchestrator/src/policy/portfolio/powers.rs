//! Powers modulo a number.
//!
//! The residues of `b ^ 0, b ^ 1, …` modulo `m` are eventually periodic: `b ^ (e + t) ≡ b ^ e` for
//! `e ≥ s`. So `b ^ e` has the residue of `b ^ ((e - s) % t + s)`, one of finitely many.

use super::expr::{Expr, Op};
use super::features::{Ty, View};
use super::idea::{Idea, alternatives, indent};

const MAX_MODULUS: i128 = 5_000;
const MAX_PERIOD: usize = 24;

/// Reductions of powers with a numeral for a base.
pub fn ideas(view: &View) -> Vec<Idea> {
    let mut out = Vec::new();
    let mut moduli: Vec<i128> = view.moduli().into_iter().map(|(m, _)| m).collect();
    moduli.dedup();
    let powers = powers(view);
    for modulus in moduli.into_iter().take(3) {
        let mut text = view.prefix.clone();
        let mut cases = Vec::new();
        let mut total = 1usize;
        let mut generals = Vec::new();
        let mut late = String::new();
        for (i, (base, exponent)) in powers.iter().enumerate() {
            let Some((start, period)) = cycle(*base, modulus) else {
                continue;
            };
            if total * period > MAX_PERIOD * 2 {
                continue;
            }
            total *= period;
            text += &reduction(view, i, *base, exponent, modulus, start, period);
            let (hm, hr) = (format!("hm{i}_"), format!("hr{i}_"));
            cases.push(format!(
                "(rcases {hr} with {} <;> rw [{hr}] at {hm})",
                alternatives(
                    &hr,
                    if known_exponent(view, exponent, start, period).is_some() {
                        1
                    } else {
                        period
                    }
                )
            ));
            late += &format!("(try simp at {hm}); ");
            generals.push(format!(
                "(try generalize {base} ^ ({exponent}) = p{i}_ at *)"
            ));
        }
        if cases.is_empty() {
            continue;
        }
        // Other powers in the same goal reduce with their bases.
        let mut extra = String::new();
        for (i, (x, k)) in variable_powers(view).iter().enumerate() {
            let hyp = format!("hx{i}_");
            let claims: Vec<String> = match known_residue(view, x, modulus) {
                Some(r) => vec![format!("{x} % {modulus} = {r}")],
                None => (0..modulus)
                    .map(|r| format!("{x} % {modulus} = {r}"))
                    .collect(),
            };
            if modulus <= 12 {
                text += &format!(
                    "have {hyp} : {x} ^ {k} % {modulus} = ({x} % {modulus}) ^ {k} % {modulus} := Nat.pow_mod {x} {k} {modulus}\n\
                     have hc{i}_ : {} := by omega\n",
                    claims.join(" ∨ ")
                );
                let count = claims.len();
                extra += &format!(
                    "rcases hc{i}_ with {} <;> rw [hc{i}_] at {hyp} <;> ",
                    alternatives(&format!("hc{i}_"), count)
                );
                late += &format!("(try simp at {hyp}); ");
                generals.push(format!("(try generalize {x} ^ {k} = y{i}_ at *)"));
            }
        }
        text += &format!(
            "{extra}{} <;> first | omega | ({late}first | omega | ({}; omega) | (simp_all; done))",
            cases.join(" <;> "),
            generals.join("; ")
        );
        out.push(Idea::new("powers", 1, 0.35, text).budget(8_000));
    }
    out
}

/// Powers of numerals with exponents that vary, on the naturals.
fn powers(view: &View) -> Vec<(i128, Expr)> {
    let mut out: Vec<(i128, Expr)> = Vec::new();
    for p in view.propositions().filter(|p| !p.is_opaque()) {
        p.walk(&mut |e| {
            if let Expr::Bin(Op::Pow, b, k) = e
                && let Expr::Num(b) = b.as_ref()
                && *b > 1
                && !view.integral_vars(k).is_empty()
                && !bound_inside(p, k)
                && !out.contains(&(*b, (**k).clone()))
            {
                out.push((*b, (**k).clone()));
            }
        });
    }
    out.truncate(2);
    out
}

/// Whether a quantifier inside the proposition binds a variable of the term.
fn bound_inside(p: &Expr, e: &Expr) -> bool {
    let mut yes = false;
    p.walk(&mut |x| {
        if let Expr::Quant(_, names, _, _) = x {
            yes |= names.iter().any(|n| e.mentions(n));
        }
    });
    yes
}

/// `x ^ k` with a natural variable `x` and a numeral `k`.
fn variable_powers(view: &View) -> Vec<(String, i128)> {
    let mut out: Vec<(String, i128)> = Vec::new();
    view.target.walk(&mut |e| {
        if let Expr::Bin(Op::Pow, x, k) = e
            && let (Expr::Var(x), Some(k)) = (x.as_ref(), k.literal())
            && view.var(x).is_some_and(|v| v.ty == Ty::Nat)
            && !out.contains(&(x.clone(), k))
        {
            out.push((x.clone(), k));
        }
    });
    out.truncate(1);
    out
}

/// The residue of a variable that a hypothesis equates with a term without variables.
fn known_residue(view: &View, x: &str, modulus: i128) -> Option<i128> {
    view.facts.iter().find_map(|f| match &f.expr {
        Expr::Bin(Op::Eq, l, r) if matches!(l.as_ref(), Expr::Var(v) if v == x) => {
            closed_residue(r, modulus)
        }
        Expr::Bin(Op::Eq, l, r) if matches!(r.as_ref(), Expr::Var(v) if v == x) => {
            closed_residue(l, modulus)
        }
        _ => None,
    })
}

/// The residue of a sum, product or power of numerals.
fn closed_residue(e: &Expr, modulus: i128) -> Option<i128> {
    let go = |e: &Expr| closed_residue(e, modulus);
    match e {
        Expr::Num(n) => Some(n.rem_euclid(modulus)),
        Expr::Bin(Op::Add, a, b) => Some((go(a)? + go(b)?) % modulus),
        Expr::Bin(Op::Mul, a, b) => go(a)?.checked_mul(go(b)?).map(|p| p % modulus),
        Expr::Bin(Op::Pow, a, k) => {
            let (mut base, mut k) = (go(a)?, k.literal().filter(|k| *k >= 0)?);
            let mut power = 1 % modulus;
            while k > 0 {
                if k % 2 == 1 {
                    power = power.checked_mul(base)? % modulus;
                }
                base = base.checked_mul(base)? % modulus;
                k /= 2;
            }
            Some(power)
        }
        _ => None,
    }
}

/// The least start and period of the powers of `b` modulo `m`.
fn cycle(base: i128, modulus: i128) -> Option<(usize, usize)> {
    if modulus > MAX_MODULUS {
        return None;
    }
    let mut seen: Vec<i128> = Vec::new();
    let mut power = 1 % modulus;
    loop {
        if let Some(start) = seen.iter().position(|p| *p == power) {
            let period = seen.len() - start;
            return (period <= MAX_PERIOD).then_some((start, period));
        }
        if seen.len() > 4 * MAX_PERIOD {
            return None;
        }
        seen.push(power);
        power = power * (base % modulus) % modulus;
    }
}

/// The residue of `e - s` modulo the period, if `e` is a variable with a known value.
fn known_exponent(view: &View, e: &Expr, s: usize, t: usize) -> Option<i128> {
    let Expr::Var(x) = e else { return None };
    let (s, t) = (i128::try_from(s).ok()?, i128::try_from(t).ok()?);
    Some((known_residue(view, x, t)? - s).rem_euclid(t))
}

/// `hm : b ^ e % m = b ^ ((e - s) % t + s) % m` and `hr : (e - s) % t = 0 ∨ …`.
fn reduction(view: &View, i: usize, b: i128, e: &Expr, m: i128, s: usize, t: usize) -> String {
    let lemma = indent(&format!(
        "intro q r\n\
         induction q with\n\
         | zero => simp\n\
         | succ q ih =>\n  \
         rw [show {t} * (q + 1) + (r + {s}) = ({t} * q + r) + ({s} + {t}) by omega, Nat.pow_add,\n    \
         Nat.mul_mod, show {b} ^ ({s} + {t}) % {m} = {b} ^ {s} % {m} by decide, ← Nat.mul_mod,\n    \
         ← Nat.pow_add, Nat.add_assoc]\n  \
         exact ih"
    ));
    let known = known_exponent(view, e, s, t);
    let claims: Vec<String> = match known {
        Some(r) => vec![format!("(({e}) - {s}) % {t} = {r}")],
        None => (0..t)
            .map(|r| format!("(({e}) - {s}) % {t} = {r}"))
            .collect(),
    };
    let mut text = format!(
        "have hp{i}_ : ∀ q r : Nat, {b} ^ ({t} * q + (r + {s})) % {m} = {b} ^ (r + {s}) % {m} := by\n{lemma}"
    );
    if s > 0 {
        // Below the start there are only finitely many exponents.
        let small: Vec<String> = (0..s).map(|k| format!("({e}) = {k}")).collect();
        let closer = match e {
            Expr::Var(x) if !view.project => format!("subst {x}; first | omega | (simp_all; done)"),
            _ => format!("simp only [hs{i}_] at *; first | omega | (simp_all; done)"),
        };
        text += &format!(
            "have hs{i}_ : {} ∨ {s} ≤ ({e}) := by omega\n\
             rcases hs{i}_ with {}\n",
            small.join(" ∨ "),
            alternatives(&format!("hs{i}_"), s + 1)
        );
        for _ in 0..s {
            text += &format!("· first | omega | ({closer})\n");
        }
    }
    text += &format!(
        "have hm{i}_ : {b} ^ ({e}) % {m} = {b} ^ ((({e}) - {s}) % {t} + {s}) % {m} := by\n  \
         have h := hp{i}_ ((({e}) - {s}) / {t}) ((({e}) - {s}) % {t})\n  \
         rw [show {t} * ((({e}) - {s}) / {t}) + ((({e}) - {s}) % {t} + {s}) = ({e}) by omega] at h\n  \
         exact h\n\
         have hr{i}_ : {} := by omega\n\
         clear hp{i}_\n",
        claims.join(" ∨ ")
    );
    text
}

#[cfg(test)]
mod tests {
    use super::super::features::tests::view;
    use super::*;

    #[test]
    fn cycles_of_powers() {
        assert_eq!(cycle(2, 7), Some((0, 3)));
        assert_eq!(cycle(10, 9), Some((0, 1)));
        assert_eq!(cycle(2, 10), Some((1, 4)));
        assert_eq!(cycle(4, 2), Some((1, 1)));
        assert_eq!(cycle(3, 1_000_003), None);
    }

    #[test]
    fn exponents_that_vary_are_reduced() {
        let found = ideas(&view("n : ℕ\n⊢ ¬13 ∣ 3 ^ n + 1"));
        assert!(found[0].tactic.contains("((n) - 0) % 3 = 2"), "{found:?}");
        let found = ideas(&view("n : ℕ\nh : 0 < n\n⊢ 10 ^ n % 6 = 4"));
        assert!(found[0].tactic.contains("(n) = 0 ∨ 1 ≤ (n)"), "{found:?}");
    }

    #[test]
    fn known_values_need_no_cases() {
        let found = ideas(&view("k : ℕ\nh : k = 3 ^ 50 + 1\n⊢ 2 ^ k % 5 = 4"));
        assert!(
            found[0]
                .tactic
                .contains("have hr0_ : ((k) - 0) % 4 = 2 := by omega"),
            "{found:?}"
        );
    }

    #[test]
    fn numerals_and_bound_exponents_are_not() {
        assert!(ideas(&view("⊢ 2 ^ 10 % 7 = 2")).is_empty());
        assert!(ideas(&view("n : ℕ\n⊢ ∀ n, 2 ^ n % 7 = 2")).is_empty());
    }
}
