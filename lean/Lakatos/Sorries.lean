import Lakatos.Declarations
import Lakatos.Start

/-!
# The operation `sorries`

Elaborates a text and answers the proof state at each of its sorries, in the order of the text.
-/

namespace Lakatos

open Lean

private def sorryJson (fileMap : FileMap) (c : CapturedSorry) : WorkerM Json := do
  let start := fileMap.toPosition (c.stx.getPos?.getD 0)
  let stop := fileMap.toPosition (c.stx.getTailPos?.getD 0)
  let decl := c.proof.scope.declName?.elim Json.null (toJson <| toString <| privateToUserName ·)
  return Json.mkObj [("decl", decl), ("line", start.line), ("column", start.column),
    ("end_line", stop.line), ("end_column", stop.column), ("root", ← addRootJson c.proof)]

/-- The operation `sorries`. -/
def handleSorries : Handler := fun request => do
  let env ← WorkerM.envOf request
  let text ← Request.field String request "text"
  let (r, sorries) ← Capture.collect (← read).sorries <| WorkerM.elabText env text
  WorkerM.refuseInterrupted r
  let declarations ← Declarations.list env.state r
  return Json.mkObj [("messages", ← messagesJson r.messages),
    ("sorries", .arr (← sorries.mapM (sorryJson r.fileMap))),
    ("declarations", toJson (declarations.map (·.toJson)))]

end Lakatos
