import Lakatos.Assess.Instances
import Lakatos.Assess.Tries
import Lakatos.Mutate.Draft
import Lakatos.Suggest.Lemmas

/-!
# The rule `generalise`

A number in the statement becomes a variable, as it is or bounded from below by what it was. The library's
proofs need not be there, and a proof about 2 is seldom one about `k`: the new statement counts where a short
try proves it again.
-/

namespace Lakatos.Mutate

open Lean Meta Elab

/-- Heartbeats of a try, in thousands. -/
private def effort : Nat := 3000

/-- The numerals of a type from 2 on, each once. -/
private def numerals (type : Expr) : Array (Expr × Nat) := Id.run do
  let mut found : Array (Expr × Nat) := #[]
  let mut rest := [type]
  repeat
    match rest with
    | [] => break
    | e :: more =>
      rest := more
      match e with
      | .app f a =>
        if e.isAppOfArity ``OfNat.ofNat 3 && ((e.getArg! 0).isConstOf ``Nat || (e.getArg! 0).isConstOf ``Int) then
          if let some n := (e.getArg! 1).rawNatLit? then
            if n ≥ 2 && !found.any (·.1 == e) then found := found.push (e, n)
        else rest := f :: a :: rest
      | .lam _ t b _ | .forallE _ t b _ => rest := t :: b :: rest
      | .mdata _ b | .proj _ _ b => rest := b :: rest
      | _ => pure ()
  return found

/-- A script that proves the type, if one is found quickly. -/
private def proof? (type : Expr) : TermElabM (Option (Array String)) :=
  forallTelescope type fun _ goal => do
    for (script, tactic) in [("omega", ← `(tactic| omega)), ("simp", ← `(tactic| (simp; done))), ("grind", ← `(tactic| grind))] do
      if (← Assess.provedBy? goal #[tactic] effort).isSome then return some #[script]
    let hole := (← mkFreshExprSyntheticOpaqueMVar goal).mvarId!
    let stopAt := (← IO.monoMsNow) + 3600000
    let (closing, _) ← Suggest.lemmas hole true { limit := 1, stopAt }
    return closing[0]?.map fun s => #[s.tactic]

/-- The rule on a numeral that the seed chooses. -/
def generalise (t : Target) (seed : Nat) : TermElabM (Array Draft) := do
  let found := numerals t.type
  if found.isEmpty then return #[]
  let some (numeral, n) := found[seed % found.size]? | return #[]
  let used ← forallTelescope t.type fun xs _ => xs.mapM (·.fvarId!.getUserName)
  let name := freshName `k used
  let abstracted ← kabstract t.type numeral
  unless abstracted.hasLooseBVars do return #[]
  let number ← inferType numeral
  let make (bounded : Bool) : TermElabM (Option Expr) := do
    try
      withLocalDecl name .implicit number fun k => do
        let rest := abstracted.instantiate1 k
        check rest
        unless ← isProp rest do return none
        if !bounded then return some (← mkForallFVars #[k] rest)
        withLocalDeclD (freshName `hk used) (← mkAppM ``LE.le #[numeral, k]) fun h => do
          return some (← mkForallFVars #[k, h] rest)
    catch _ => return none
  for bounded in [false, true] do
    let some type ← make bounded | continue
    let wrong ← forallTelescope type fun xs conclusion => do
      let hypotheses ← xs.filterM fun x => do isProp (← inferType x)
      let variables := xs.filter (!hypotheses.contains ·)
      let found ← Assess.smallInstances variables (← hypotheses.mapM (inferType ·)) conclusion
      return found.counterexample?.isSome
    if wrong then continue
    if let some script ← proof? type then
      return #[{ rule := "generalise", position := s!"{n}", type, scripts := #[script] }]
  return #[]

end Lakatos.Mutate
