import Lakatos.Mutate.Draft
import Lakatos.Suggest.Rewrites

/-!
# The rule `rw`

The conclusion, or a hypothesis, rewritten with a theorem of the library in either direction. Candidates
come from the discrimination tree of Lean's `rw?`. `have h := t; rw [l] at h; exact h` proves a rewritten
conclusion; a hypothesis is rewritten back.
-/

namespace Lakatos.Mutate

open Lean Meta

/-- One rewrite that goes through: its rule as text, the theorem, its direction, and what became of the
expression. -/
structure Rewritten where
  rule : String
  lemma : Name
  symm : Bool
  result : Expr

/-- The rewrites of a proposition, `limit` at most, chosen among the first `tried` candidates. -/
def rewritesOf (e : Expr) (self : Name) (tried limit : Nat) : MetaM (Array Rewritten) := do
  let modules ← Rewrites.createModuleTreeRef
  let goal := (← mkFreshExprSyntheticOpaqueMVar e).mvarId!
  let mctx ← getMCtx
  let mut found := #[]
  for (rule, symm, weight) in (← Rewrites.rewriteCandidates #[] modules e).toSubarray 0 tried do
    if found.size ≥ limit then break
    let one? ← Suggest.trial do
      let some r ← Rewrites.rwLemma mctx goal e .solveByElim rule symm weight | return none
      if r.rfl? then return none
      withMCtx r.mctx do
        let some (rule, lemma) ← Suggest.ruleText? (← instantiateMVars r.expr) | return none
        let result ← instantiateMVars r.result.eNew
        if lemma == self || !isUsable (← getEnv) lemma || result.hasExprMVar || result == e then return none
        return some { rule, lemma, symm := r.symm, result : Rewritten }
    if let some one := one? then
      unless found.any (·.result == one.result) do found := found.push one
  return found

private def arrow (symm : Bool) : String := if symm then "← " else ""

/-- Candidates that are looked at for a place, and those that are kept. -/
private def tried : Nat := 40
private def kept : Nat := 6

/-- The rule on the conclusion. -/
def rewriteConclusion (t : Target) : MetaM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let use ← t.use names
    let found ← rewritesOf body t.name tried kept
    found.mapM fun r => do
      let old ← withFullNames (text body)
      let rw := s!"rw [{arrow r.symm}{r.rule}] at this"
      return {
        rule := "rw", position := "goal", premises := #[r.lemma], type := ← mkForallFVars xs r.result
        scripts := #[#[s!"have := {use}", rw, "exact this"], #[s!"have : {old} := {use}", rw, "exact this"]] }

/-- The rule on the hypotheses of which nothing else speaks. -/
def rewriteHypotheses (t : Target) : MetaM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let use ← t.use names
    let mut drafts := #[]
    for h : i in [0:xs.size] do
      let x := xs[i]
      let d ← x.fvarId!.getDecl
      unless d.binderInfo.isExplicit && (← isProp d.type) do continue
      if body.containsFVar x.fvarId! then continue
      if ← (xs.extract (i + 1) xs.size).anyM fun y => return (← inferType y).containsFVar x.fvarId! then continue
      for r in ← rewritesOf d.type t.name tried (kept / 2) do
        let type ← withLocalDecl d.userName d.binderInfo r.result fun y => mkForallFVars (xs.set! i y) body
        let old ← withFullNames (text d.type)
        drafts := drafts.push {
          rule := "rw_hypothesis", position := toString d.userName, premises := #[r.lemma], type
          scripts := #[#[s!"rw [{arrow (!r.symm)}{r.rule}] at {d.userName}", s!"exact {use}"],
            #[s!"have {d.userName} : {old} := by\n  rw [{arrow r.symm}{r.rule}]\n  exact {d.userName}",
              s!"exact {use}"]] }
    return drafts

end Lakatos.Mutate
