import Lakatos.Axioms
import Lakatos.Start
import Lakatos.Verbalise.Statement

/-!
# The operation `verbalise`

Statements, or constants of the environment, in English: `Verbalise.Statement` says how. One that cannot
be read (because it does not elaborate, or there is no such constant) has an error of its own; the others
are answered all the same.
-/

namespace Lakatos

open Lean Meta

namespace Verbalise

private def Quantifier.json (q : Quantifier) : Json :=
  Json.mkObj [("kind", q.kind), ("name", q.name), ("range", q.range)]

private def Facts.json (f : Facts) : Json :=
  Json.mkObj [("numbers", toJson f.numbers), ("relations", toJson f.relations),
    ("quantifiers", .arr (f.quantifiers.map (·.json))), ("operations", toJson f.operations),
    ("types", toJson f.types), ("connectives", toJson f.connectives)]

private def Reading.json (r : Reading) (name kind type : String) : Json :=
  let variables := r.variables.map fun v =>
    Json.mkObj [("names", toJson v.names), ("english", v.english)]
  let hypotheses := r.hypotheses.map fun h =>
    Json.mkObj [("name", h.name), ("type", h.type), ("english", h.english)]
  let conventions := r.state.conventions.map fun (key, note) =>
    Json.mkObj [("key", key), ("note", note)]
  Json.mkObj [("name", name), ("kind", kind), ("type", type), ("english", r.english),
    ("variables", .arr variables), ("instances", toJson r.instances), ("hypotheses", .arr hypotheses),
    ("conclusion", Json.mkObj [("type", r.conclusionType), ("english", r.conclusion)]),
    ("conventions", .arr conventions), ("facts", r.state.facts.json)]

/-- Reads out a theorem's type, or what another constant is. -/
def readConstant (p : ProofState) (shownAs : Name) (info : ConstantInfo) : WorkerM Json := do
  let scope := { p.scope with levelNames := info.levelParams }
  let (json, _) ← WorkerM.runIn { p with scope } do
    withLCtx {} {} do
      let type := (← ppExpr info.type).pretty 1000000
      let view := Axioms.View.of (← getEnv)
      let isTheorem := match info with
        | .thmInfo _ => true
        | .axiomInfo v => view.given v
        | _ => false
      let proposition ← isProp info.type
      let reading ← if proposition then readStatement info.type else readDefinition info
      let kind := if !proposition then "definition" else if isTheorem then "theorem" else "axiom"
      return reading.json (toString (privateToUserName shownAs)) kind type
  return json

end Verbalise

/-- The operation `verbalise`. -/
def handleVerbalise : Handler := fun request => do
  let env ← WorkerM.envOf request
  let statements := (← Request.field? (Array String) request "statements").getD #[]
  let names := (← Request.field? (Array String) request "names").getD #[]
  let mut readings := #[]
  for statement in statements do
    readings := readings.push (← attempt do
      let s ← Start.elaborate env statement
      Verbalise.readConstant s.proof s.name s.info)
  let p ← ProofState.ofCommandState env.state
  for name in names do
    readings := readings.push (← attempt do
      let some info := env.state.env.find? name.toName
        | throw { kind := .badRequest, message := s!"there is no constant `{name}` in the environment" }
      Verbalise.readConstant p info.name info)
  return Json.mkObj [("readings", .arr readings)]
where
  /-- An error of one reading, which does not keep the others from theirs. -/
  attempt (read : WorkerM Json) : WorkerM Json := do
    if ← WorkerM.deadlinePassed then
      return Json.mkObj [("error", Failure.toJson
        { kind := .deadline, message := "the deadline passed before this one's turn" })]
    try read catch failure => return Json.mkObj [("error", failure.toJson)]

end Lakatos
