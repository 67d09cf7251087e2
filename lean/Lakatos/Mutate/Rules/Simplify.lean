import Lakatos.Assess.Tries
import Lakatos.Mutate.Draft

/-!
# The rule `simp`

The conclusion in the normal form of `simp`, proved by `simpa using t`.
-/

namespace Lakatos.Mutate

open Lean Meta Elab

/-- The rule on the conclusion. -/
def simplify (t : Target) : TermElabM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let tactic ← `(tactic| simp at this)
    let simplified? ← Assess.within 3000 do
      withLocalDeclD `this body fun h => do
        let goal ← mkFreshExprSyntheticOpaqueMVar (mkConst `False)
        let [left] ← Tactic.run goal.mvarId! (Tactic.evalTactic tactic) | return none
        left.withContext do
          let some d := (← getLCtx).findFromUserName? `this | return none
          let type ← instantiateMVars d.type
          if type.containsFVar h.fvarId! || type == body || type.hasExprMVar then return none
          return some type
    let some simplified := simplified?.join | return #[]
    if simplified.isConstOf `True || simplified.isConstOf `False then return #[]
    let use ← t.use names
    return #[{
      rule := "simp", position := "goal", type := ← mkForallFVars xs simplified
      scripts := #[#[s!"simpa using {use}"], #[s!"have := {use}", "simp at this", "exact this"]] }]

end Lakatos.Mutate
