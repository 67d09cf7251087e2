import Lakatos.Monad

/-!
# The operation `lean4export`

Writes a theorem that `verify` has accepted, and all that it needs, for an independent kernel. Runs
in a kernel worker, from the environment that the replay made.
-/

open Lean

namespace Lakatos

/-- The size of a part in bytes: small beside the whole, large beside the rest of an answer. -/
private def partSize : Nat := 256 * 1024

/-- A name as checkers write it, without guillemets. -/
private def plain (n : Name) : Json :=
  n.toString (escape := false)

/-- The operation `lean4export`. -/
def handleLean4Export : Handler := fun request => do
  let name := (← Request.field String request "name").toName
  let part ← Request.field Nat request "part"
  let library := (← Request.field? Bool request "library").getD false
  let tables ← WorkerM.getTables
  -- Nobody else may hold the walk's tables while they grow.
  WorkerM.modifyTables fun s => { s with export? := none }
  let walk ← match part, tables.replayed?, tables.export? with
    | 0, some replayed, _ => Lean4Export.Walk.start replayed name library partSize
    | _, _, some (known, next, walk) =>
      if known != name || next != part then
        throw { kind := .badRequest, message := s!"part {part} of {name} is not the next one" }
      pure walk
    | _, _, none => throw { kind := .badRequest, message := "no verdict was kept to export from" }
  let (last, walk) ← walk.run (← read).token
  let text ← walk.writer.out.swap ""
  unless last do
    WorkerM.modifyTables fun s => { s with export? := some (name, part + 1, walk) }
    return Json.mkObj [("text", text), ("last", false)]
  return Json.mkObj [("text", text), ("last", true), ("declarations", walk.declarations),
    ("given", .arr (walk.given.map plain))]

end Lakatos
