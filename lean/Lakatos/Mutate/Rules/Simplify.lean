import Lakatos.Assess.Tries
import Lakatos.Mutate.Rules.Rewrite

/-!
# The rules `simp` and `simp_backwards`

The conclusion in the normal form of `simp`, or brought away from it by theorems of the simp set that are
used from right to left. `simpa using t` proves both.
-/

namespace Lakatos.Mutate

open Lean Meta Elab

/-- The rule on the conclusion. -/
def simplify (t : Target) : TermElabM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let simplified? ← Assess.within 3000 do
      let context ← Simp.mkContext (simpTheorems := #[← getSimpTheorems]) (congrTheorems := ← getSimpCongrTheorems)
      let (result, _) ← simp body context (simprocs := #[← Simp.getSimprocs])
      return result.expr
    let some simplified := simplified? | return #[]
    if simplified == body || simplified.hasExprMVar || simplified.isConstOf ``True || simplified.isConstOf ``False then
      return #[]
    let use ← t.use names
    return #[{
      rule := "simp", position := "goal", type := ← mkForallFVars xs simplified, hypotheses := .asTarget
      scripts := #[#[s!"simpa using {use}"], #[s!"have := {use}", "simp at this", "exact this"]] }]

/-- Uses from right to left, one after the other. -/
private def steps : Nat := 2

/-- Candidates that are looked at. -/
private def tried : Nat := 10

/-- The rule on the conclusion: a chain of simp theorems from right to left, each of which the seed chooses. -/
def simpBackwards (t : Target) (seed : Nat) : TermElabM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let simpTheorems ← getSimpTheorems
    let mut e := body
    let mut premises : Array Name := #[]
    let backward := (← rewriteCandidates e t.name 0 seed).filter fun (n, symm) => symm && simpTheorems.isLemma (.decl n)
    if backward.isEmpty then return #[]
    let turn := seed % backward.size
    for (lemma, symm) in (backward.extract turn backward.size ++ backward.extract 0 turn).toSubarray 0 tried do
      if premises.size ≥ steps then break
      let goal := (← mkFreshExprSyntheticOpaqueMVar e).mvarId!
      if let some r ← rewriteBy? goal e lemma symm then
        e := r.result
        premises := premises.push lemma
    if premises.isEmpty then return #[]
    let use ← t.use names
    return #[{
      rule := "simp_backwards", position := "goal", premises, type := ← mkForallFVars xs e, hypotheses := .asTarget
      scripts := #[#[s!"simpa using {use}"]] }]

end Lakatos.Mutate
