import Lakatos.Closure
import Lakatos.ExportTerms
import Lakatos.Monad
import Lakatos.Repl.InfoTrees

/-!
# The operation `submit`

A finished text in one elaboration: what Lean says of it, in the shapes of the community REPL, and the
terms of all theorems that it declares. Runs in a *submission* worker; like `export`'s, its answer is
believed by nobody. Examples are elaborated under a name, so that they are among the theorems.

With `unchecked` the kernel is left out here: it checks every declaration in the process that judges them.
-/

open Lean Elab

namespace Lakatos

namespace Submit

private def position (p : Position) : Json :=
  .mkObj [("line", p.line), ("column", p.column)]

private def message (m : Message) : BaseIO Json := do
  let severity := match m.severity with
    | .information => "info"
    | .warning => "warning"
    | .error => "error"
  return .mkObj [("severity", severity), ("pos", position m.pos),
    ("endPos", toJson (m.endPos.map position)), ("data", ← renderMessageData m.data)]

private def goalText (p : ProofState) : WorkerM String := do
  let some goal := p.goals.head? | return ""
  let action : TermElabM String := do
    try return (← Meta.ppGoal goal).pretty catch _ => return "(a goal that cannot be shown)"
  return clip (← WorkerM.runIn p action).1

private def hole (fileMap : FileMap) (c : CapturedSorry) : WorkerM Json := do
  let start := c.stx.getPos?.getD 0
  let stop := c.stx.getTailPos?.getD start
  return .mkObj [("goal", ← goalText c.proof), ("pos", position (fileMap.toPosition start)),
    ("endPos", position (fileMap.toPosition stop))]

/-- The theorems that stand in the text, private ones and examples among them. -/
private def theorems (after : Environment) : Array Name :=
  after.constants.map₂.foldl (init := #[]) fun acc name ci =>
    if ci matches .thmInfo _ && (declRangeExt.find? after name).isSome then acc.push name else acc

/-- `s` for a text whose declarations the kernel is not to check in this process. -/
private def unchecked (s : Command.State) : Command.State :=
  { s with scopes := s.scopes.map fun scope => { scope with opts := Compat.withoutKernel scope.opts } }

private def infoTrees (e : Elaborated) (filter : Repl.TreeFilter) : IO Json := do
  let trees := e.trees.flatMap fun tree => (Repl.prune filter tree).toArray
  return .arr (← trees.mapM (Repl.treeJson ·))

end Submit

/-- The operation `submit`. -/
def handleSubmit : Handler := fun request => do
  let env ← WorkerM.envOf request
  let text ← Request.field String request "text"
  let names := (← Request.field (Array String) request "names").map String.toName
  let onlyClean := (← Request.field? Bool request "only_clean").getD false
  let state := if (← Request.field? Bool request "unchecked").getD false then
    Submit.unchecked env.state else env.state
  let filter? := (← Request.field? String request "infotree").bind Repl.TreeFilter.ofString?
  let context ← read
  let config := { env.elabConfig (infoTrees := filter?.isSome) with nameExamples := true }
  let elaborate : WorkerM Elaborated := Frontend.elabCommands text state context.token config
  let (e, holes) ← Capture.collect context.sorries elaborate
  WorkerM.refuseInterrupted e
  let shown := e.messages.filter (!·.isSilent)
  let mut answer := [
    ("messages", Json.arr (← shown.mapM (Submit.message ·))),
    ("sorries", Json.arr (← holes.mapM (Submit.hole e.fileMap))),
    ("unnamed", toJson e.unnamed)]
  if let some filter := filter? then
    answer := ("infotree", ← Submit.infoTrees e filter) :: answer
  if onlyClean && hasErrors e.messages then
    return Json.mkObj <| ("missing", toJson (names.map toString)) :: answer
  let after := e.state.env
  let (there, missing) := names.partition fun n => (after.find? n).isSome
  let roots := there ++ (Submit.theorems after).filter (!there.contains ·)
  let (declarations, unfinished) ← Closure.declarations after (Closure.isImported env.base) roots
  let missing := missing ++ there.filter unfinished.contains
  return Json.mkObj <| ("missing", toJson (missing.map toString))
    :: ("export", .str (← ExportTerms.write declarations)) :: answer

end Lakatos
