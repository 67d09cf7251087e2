import Lakatos.Compat

/-!
# Short tries at a proof

Tactics under a small budget, with the kernel's word on what they find.
-/

namespace Lakatos.Assess

open Lean Meta Elab

/-- Runs `x` with so many thousands of heartbeats; `none` where it fails in any way but the deadline's. -/
def within (heartbeats : Nat) (x : TermElabM α) : TermElabM (Option α) := do
  let start ← IO.getNumHeartbeats
  let saved ← saveState
  tryCatchRuntimeEx
    (withTheReader Core.Context
      (fun c => { c with maxHeartbeats := heartbeats * 1000, initHeartbeats := start })
      (some <$> x))
    fun failure => do
      if failure.isInterrupt then throw failure
      saved.restore
      return none

/-- A closed proof of `goal` in the local context at hand by one of the tactics, and the tactic. The kernel
checks it. A proof that is not `wanted` counts as none. -/
def provedBy? (goal : Expr) (tactics : Array Syntax) (heartbeats : Nat) (wanted : Expr → Bool := fun _ => true) :
    TermElabM (Option String) := do
  for tactic in tactics do
    let proof? ← within heartbeats do
      let hole ← mkFreshExprSyntheticOpaqueMVar goal
      let left ← Tactic.run hole.mvarId! (Tactic.evalTactic tactic)
      unless left.isEmpty do throwError "goals are left"
      let proof ← instantiateMVars hole
      if proof.hasExprMVar || proof.hasSorry then throwError "the proof has holes"
      return proof
    if let some proof := proof? then
      unless wanted proof do continue
      let lctx ← getLCtx
      let closed ← mkLambdaFVars (lctx.getFVars) proof
      let closed ← instantiateMVars closed
      match Kernel.check (← getEnv) {} closed with
      | .ok _ => return some (Compat.trim (tactic.reprint.getD ""))
      | .error _ => pure ()
  return none

/-- What may show that hypotheses contradict each other. -/
def refuters : TermElabM (Array Syntax) := do
  return #[← `(tactic| contradiction), ← `(tactic| omega), ← `(tactic| (simp_all; done)),
    ← `(tactic| grind)]

end Lakatos.Assess
