import Lakatos.Closure
import Lakatos.ExportTerms
import Lakatos.Monad

/-!
# The operation `export`

Runs in the worker that elaborates a submission. Its answer is not trusted by anybody: `verify`
reads it defensively and has the kernel check all of it.
-/

open Lean

namespace Lakatos

/-- The operation `export`. -/
def handleExport : Handler := fun request => do
  let env ← WorkerM.envOf request
  let names := (← Request.field (Array String) request "names").map String.toName
  let e ← WorkerM.elabText env (← Request.field String request "text")
  WorkerM.refuseInterrupted e
  let after := e.state.env
  let (there, missing) := names.partition fun n => (after.find? n).isSome
  let (declarations, unfinished) ← Closure.declarations after (Closure.isImported env.base) there
  let missing := missing ++ there.filter unfinished.contains
  let text ← ExportTerms.write declarations
  return Json.mkObj [("messages", ← messagesJson e.messages),
    ("missing", toJson (missing.map toString)), ("export", text)]

end Lakatos
