import Lakatos.Mutate.Gates
import Lakatos.Repl.InfoTrees
import Lakatos.Monad

/-!
# The operation `trace`

A text's proofs, tactic by tactic, with the goals before and after each. A goal is shown as Lean prints
it, and as a statement of its own: everything that it stands under made into binders, printed with full
names, and read back. A goal that has holes, or that Lean does not read back as it is, has no statement.
-/

namespace Lakatos

open Lean Meta Elab

namespace Trace

/-- Goals of one text, each once: those with one display are one. -/
structure Goals where
  json : Array Json := #[]
  places : Std.HashMap String Nat := {}

/-- Goals that are looked at in one text, at most. -/
private def maxGoals : Nat := 200

/-- The goal as a closed type whose binders can be written. -/
private def closed (goal : MVarId) : MetaM Expr := goal.withContext do
  let mut lctx ← getLCtx
  let mut used : NameSet := {}
  let mut fvars := #[]
  for d in lctx do
    if d.isImplementationDetail then continue
    fvars := fvars.push d.toExpr
    let writable := !d.userName.hasMacroScopes && !d.userName.isInternal && d.userName.isAtomic
      && !d.userName.isAnonymous
    let base : Name ← if writable then pure d.userName
      else if d.binderInfo.isInstImplicit then pure `inst
      else pure (if ← isProp d.type then `h else `x)
    let name := Id.run do
      if !used.contains base then return base
      for i in [1:1000] do
        let name := base.appendAfter s!"_{i}"
        if !used.contains name then return name
      return base
    used := used.insert name
    lctx := lctx.setUserName d.fvarId name
  withLCtx lctx (← getLocalInstances) do
    instantiateMVars (← mkForallFVars fvars (← instantiateMVars (← goal.getType)))

/-- The statement's text and the hash by which statements count as the same, where it is one. -/
private def statement? (goal : MVarId) : TermElabM (Option (String × String)) := do
  let type ← closed goal
  if type.hasExprMVar || type.hasLevelMVar || type.hasSorry || !(← isProp type) then return none
  let f ← Mutate.Frame.new
  let o ← f.open type
  let s ← o.within (Mutate.signature f type o)
  if Mutate.unreadable s.text then return none
  unless (← Mutate.Gates.roundTrip f s o).passed do return none
  return some (s.text, ← Mutate.normalHash type)

private def goalJson (ctx : ContextInfo) (goal : MVarId) : IO (String × Json) := do
  let shown ← try (ctx.runMetaM {} (return (← ppGoal goal).pretty)) catch _ => pure "(a goal that cannot be shown)"
  let statement? ← try ctx.runMetaM {} ((statement? goal).run') catch _ => pure none
  return (shown, Json.mkObj [("goal", clip shown), ("statement", (statement?.map fun s => Json.str s.1).getD .null),
    ("hash", (statement?.map fun s => Json.str s.2).getD .null)])

private def place (ctx : ContextInfo) (goals : Goals) (goal : MVarId) : IO (Goals × Option Nat) := do
  let shown ← try (ctx.runMetaM {} (return (← ppGoal goal).pretty)) catch _ => pure ""
  if let some i := goals.places[shown]? then return (goals, some i)
  if goals.json.size ≥ maxGoals then return (goals, none)
  let (_, json) ← goalJson ctx goal
  return ({ json := goals.json.push json, places := goals.places.insert shown goals.json.size }, some goals.json.size)

/-- The tactics that a person wrote, in the order of the text, with their contexts. -/
private def tactics (tree : InfoTree) : Array (ContextInfo × TacticInfo) :=
  Repl.foldNodes (α := Array (ContextInfo × TacticInfo)) (tree := tree) (acc := #[]) (into := fun _ => true)
    fun acc ctx info => match info with
      | .ofTacticInfo i => if Repl.isOriginal info && Repl.isSubstantive i then acc.push (ctx, i) else acc
      | _ => acc

end Trace

/-- The operation `trace`. -/
def handleTrace : Handler := fun request => do
  let env ← WorkerM.envOf request
  let e ← WorkerM.elabText env (← Request.field String request "text") (infoTrees := true)
  WorkerM.refuseInterrupted e
  let mut goals : Trace.Goals := {}
  let mut lines := #[]
  for tree in e.trees do
    for (ctx, i) in Trace.tactics tree do
      if ← WorkerM.deadlinePassed then break
      let mut sides := #[]
      for (mctx, side) in [(i.mctxBefore, i.goalsBefore), (i.mctxAfter, i.goalsAfter)] do
        let ctx := { ctx with mctx, ngen := ctx.ngen.mkChild.1 }
        let mut found := #[]
        for goal in side do
          let (goals', place?) ← Trace.place ctx goals goal
          goals := goals'
          if let some place := place? then found := found.push place
        sides := sides.push (toJson found)
      let start := i.stx.getPos?.getD 0
      let pos := e.fileMap.toPosition start
      lines := lines.push <| Json.mkObj [("line", pos.line), ("column", pos.column),
        ("tactic", clip (Compat.trim (i.stx.reprint.getD ""))), ("before", sides[0]!), ("after", sides[1]!)]
  return Json.mkObj [("messages", ← messagesJson e.messages), ("lines", .arr lines), ("goals", .arr goals.json)]

end Lakatos
