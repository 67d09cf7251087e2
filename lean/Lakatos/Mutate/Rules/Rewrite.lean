import Lakatos.Mutate.Draft
import Lakatos.Suggest.Rewrites

/-!
# The rule `rw`

The conclusion, or a hypothesis, rewritten with a theorem of the library in either direction. Candidates
come from the discrimination tree of Lean's `rw?`. `have h := t; rw [l] at h; exact h` proves a rewritten
conclusion; a hypothesis is rewritten back.

A theorem that takes every proposition of one relation to another one (`a ≤ b ↔ a < b + 1`) fits nearly every
target. Of those, a place is rewritten with one, which the seed chooses; and nothing is written in the place
of a number or a variable.
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

/-- The sides of an equation or equivalence. -/
private def sides? (type : Expr) : Option (Expr × Expr) :=
  if type.isAppOfArity ``Eq 3 then some (type.appFn!.appArg!, type.appArg!)
  else if type.isAppOfArity ``Iff 2 then some (type.appFn!.appArg!, type.appArg!)
  else none

/-- Whether the theorem rewrites any proposition of one relation: `x ∼ y` for variables `x`, `y`. -/
private def isGeneral (type : Expr) (symm : Bool) : Bool :=
  match sides? type.getForallBody with
  | none => false
  | some (l, r) =>
    let side := if symm then r else l
    type.getForallBody.isAppOf ``Iff && side.getAppNumArgs ≥ 2
      && side.appArg!.isBVar && side.appFn!.appArg!.isBVar

/-- Rewrites with one theorem. Side conditions must be hypotheses. -/
def rewriteBy? (goal : MVarId) (e : Expr) (lemma : Name) (symm : Bool) : MetaM (Option Rewritten) :=
  Suggest.trial do
    let r ← goal.rewrite e (← mkConstWithFreshMVarLevels lemma) symm
    let bare := r.mvarIds.isEmpty
    for m in r.mvarIds do
      unless ← m.assumptionCore do return none
    let result ← instantiateMVars r.eNew
    if result.hasExprMVar || result == e || result.isConstOf ``True then return none
    let some use := (← instantiateMVars r.eqProof).find? (·.getAppFn.isConstOf lemma) | return none
    if bare then
      let type ← instantiateMVars (← inferType use)
      if let some (l, r) := sides? type then
        let side := if symm then r else l
        if side.isFVar || side.rawNatLit?.isSome || side.isAppOf ``OfNat.ofNat || side.isAppOf ``Neg.neg && side.appArg!.isAppOf ``OfNat.ofNat then return none
      return some { rule := toString lemma, lemma, symm, result }
    let some rule ← Suggest.termText? use | return none
    return some { rule, lemma, symm, result }

/-- Side conditions of a theorem: explicit binders of which nothing else speaks. -/
private def conditions : Expr → Nat
  | .forallE _ _ b info => conditions b + (if info.isExplicit && !b.hasLooseBVar 0 then 1 else 0)
  | _ => 0

/-- The theorems to rewrite `e` with, and their directions: those that fit little else first. Those with
more side conditions than `hypotheses` are left out. -/
def rewriteCandidates (e : Expr) (self : Name) (hypotheses seed : Nat) : MetaM (Array (Name × Bool)) := do
  let env ← getEnv
  let modules ← Rewrites.createModuleTreeRef
  let mut special := #[]
  let mut general := #[]
  for (rule, symm, _) in ← Rewrites.rewriteCandidates #[] modules e do
    let .inr lemma := rule | continue
    if lemma == self || !isUsable env lemma then continue
    let some info := env.find? lemma | continue
    if conditions info.type > hypotheses then continue
    if isGeneral info.type symm then general := general.push (lemma, symm) else special := special.push (lemma, symm)
  let n := general.size
  let chosen := if n == 0 then #[] else general.extract (seed % n) (seed % n + 1)
  return special ++ chosen

/-- The rewrites of a proposition, `limit` at most, chosen among the first `tried` candidates. -/
def rewritesOf (e : Expr) (self : Name) (seed tried limit : Nat) : MetaM (Array Rewritten) := do
  let goal := (← mkFreshExprSyntheticOpaqueMVar e).mvarId!
  let hypotheses ← (← getLCtx).foldlM (init := 0) fun n d => return if ← isProp d.type then n + 1 else n
  let candidates ← rewriteCandidates e self hypotheses seed
  let candidates := if candidates.size ≤ tried then candidates
    else (candidates.extract 0 (tried - 1)).push candidates.back!
  let mut found : Array Rewritten := #[]
  for (lemma, symm) in candidates do
    if found.size ≥ limit then break
    if let some one ← rewriteBy? goal e lemma symm then
      unless found.any (·.result == one.result) do found := found.push one
  return found

/-- The arrow of `rw`. -/
def arrow (symm : Bool) : String := if symm then "← " else ""

/-- Candidates that are looked at for a place, and those that are kept. -/
private def tried : Nat := 24
private def kept : Nat := 6

/-- The rule on the conclusion. -/
def rewriteConclusion (t : Target) (seed : Nat) : MetaM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let use ← t.use names
    let found ← rewritesOf body t.name seed tried kept
    if found.isEmpty then return #[]
    let old ← withFullNames (text body)
    found.mapM fun r => do
      let rw := s!"rw [{arrow r.symm}{r.rule}] at this"
      return {
        rule := "rw", position := "goal", premises := #[r.lemma], type := ← mkForallFVars xs r.result
        hypotheses := .asTarget
        scripts := #[#[s!"have := {use}", rw, "exact this"]] ++
          if unreadable old then #[] else #[#[s!"have : {old} := {use}", rw, "exact this"]] }

/-- The rule on the hypotheses of which nothing else speaks. -/
def rewriteHypotheses (t : Target) (seed : Nat) : MetaM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let use ← t.use names
    let mut drafts := #[]
    for h : i in [0:xs.size] do
      let x := xs[i]
      unless ← isFree xs i body do continue
      let d ← x.fvarId!.getDecl
      let found ← rewritesOf d.type t.name (seed + i) tried (kept / 2)
      if found.isEmpty then continue
      let old ← withFullNames (text d.type)
      for r in found do
        let type ← withLocalDecl d.userName d.binderInfo r.result fun y => mkForallFVars (xs.set! i y) body
        drafts := drafts.push {
          rule := "rw_hypothesis", position := toString d.userName, premises := #[r.lemma], type
          hypotheses := .asTarget
          scripts := #[#[s!"rw [{arrow (!r.symm)}{r.rule}] at {d.userName}", s!"exact {use}"]] ++
            if unreadable old then #[] else
              #[#[s!"have {d.userName} : {old} := by\n  rw [{arrow r.symm}{r.rule}]\n  exact {d.userName}",
                s!"exact {use}"]] }
    return drafts

end Lakatos.Mutate
