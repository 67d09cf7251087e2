import Lakatos.Suggest.Common

/-!
# `rw` with lemmas of the library

The candidates are those of Lean's `rw?`, for the target and for hypotheses; each has been tried.
Side conditions must follow from the hypotheses.
-/

open Lean Meta

namespace Lakatos.Suggest

/-- At most so many hypotheses are looked at, the latest first. -/
private def maxHypotheses : Nat := 4

/-- The rule of a rewrite as text: a bare lemma by its name, one with arguments as a term. -/
def ruleText? (rule : Expr) : MetaM (Option (String × Name)) := do
  let rule := if rule.isAppOfArity ``propext 3 then rule.appArg! else rule
  let .const name _ := rule.getAppFn | return none
  unless isNameable (← getEnv) name do return none
  if rule.isConst then return some (toString name, name)
  return (← termText? rule).map (·, name)

/-- One tried rewrite as a tactic. -/
private def suggestion? (r : Rewrites.RewriteResult) (place : String) : MetaM (Option Suggestion) :=
  withMCtx r.mctx do
    let some (rule, name) ← ruleText? (← instantiateMVars r.expr) | return none
    let arrow := if r.symm then "← " else ""
    return some { tactic := s!"rw [{arrow}{rule}]{place}", lemma := name, kind := "rw" }

/-- Rewrites of one type. -/
private def rewritesOf (goal : MVarId) (target : Expr) (place : String) (budget : Budget)
    (modules : LazyDiscrTree.ModuleDiscrTreeRef (Name × Rewrites.RwDirection)) :
    MetaM (Array Suggestion) := do
  let mut found := #[]
  let mctx ← getMCtx
  for (rule, symm, weight) in ← Rewrites.rewriteCandidates #[] modules target do
    if found.size ≥ budget.limit || (← budget.spent) then break
    let tried ← trial do
      let some r ← Rewrites.rwLemma mctx goal target .solveByElim rule symm weight | return none
      suggestion? r place
    if let some s := tried then
      unless found.any (·.tactic == s.tactic) do found := found.push s
  return found

/-- Rewrites of the target, then of hypotheses. -/
def rewrites (goal : MVarId) (budget : Budget) : MetaM (Array Suggestion) := goal.withContext do
  let modules ← Rewrites.createModuleTreeRef
  let mut found ← rewritesOf goal (← instantiateMVars (← goal.getType)) "" budget modules
  let hyps := (← getLCtx).decls.toArray.filterMap id |>.filter fun d => !d.isImplementationDetail
  let mut looked := 0
  for d in hyps.reverse do
    if looked ≥ maxHypotheses || (← budget.spent) then break
    if d.userName.hasMacroScopes || !(← isProp d.type) then continue
    looked := looked + 1
    let quarter := { budget with limit := max 1 (budget.limit / 4) }
    let type ← instantiateMVars d.type
    found := found ++ (← rewritesOf goal type s!" at {d.userName}" quarter modules)
  return found

end Lakatos.Suggest
