import Lean
open Lean Elab Tactic Meta
/-- Closes the goal with a hypothesis or its mirror image. -/
elab "by_hyp" : tactic => withMainContext do
  let goal ← getMainGoal
  for d in ← getLCtx do
    unless d.isImplementationDetail do
      if ← isDefEq d.type (← goal.getType) then
        goal.assign d.toExpr
        return
  throwError "no hypothesis is the goal"
theorem target (a b c : Nat) (h : a = b) (k : b = c) : c = a := by
  have l : c = a := (h.trans k).symm
  by_hyp
