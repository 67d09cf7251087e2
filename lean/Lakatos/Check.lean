import Lakatos.Declarations

/-!
# The operation `check`

Level 1 of trust: a text elaborates without error, and nothing that it declares rests on `sorry`.
The text's own code may have forged the answer; `verify` is what counts.
-/

open Lean

namespace Lakatos

/-- Whether Lean warned that something rests on `sorry`. Asked of the message's tag, since its
wording changes. -/
private def warnsOfSorry (m : Message) : Bool :=
  m.data.hasTag (· == `hasSorry)

/-- The operation `check`. A text that the deadline cuts short is answered with what there is, as
not complete. -/
def handleCheck : Handler := fun request => do
  let env ← WorkerM.envOf request
  let e ← WorkerM.elabText env (← Request.field String request "text")
  let declarations ← if e.interrupted then pure #[] else Declarations.list env.state e
  let complete := !e.interrupted && !hasErrors e.messages && !e.messages.any warnsOfSorry
    && !declarations.any (·.sorry)
  return Json.mkObj [("messages", ← messagesJson e.messages),
    ("declarations", toJson (declarations.map (·.toJson))), ("complete", complete)]

end Lakatos
