import Lakatos.Mutate.Gates
import Lakatos.Mutate.Rules.Apply
import Lakatos.Mutate.Rules.Contrapose
import Lakatos.Mutate.Rules.Rewrite
import Lakatos.Mutate.Rules.Simplify
import Lakatos.Mutate.Rules.Specialise
import Lakatos.Monad

/-!
# The operation `mutate`

New theorems from one of the library's: rules make statements with proofs, gates look at them. What is
answered has a script that closed the statement here; the kernel's process has the last word.
-/

namespace Lakatos

open Lean Meta Elab

namespace Mutate

/-- The rules, by the names that a request gives them. -/
def rules : List (String × (Target → TermElabM (Array Draft))) := [
  ("rw", fun t => return (← rewriteConclusion t) ++ (← rewriteHypotheses t)),
  ("apply", fun t => applyToHypotheses t),
  ("simp", simplify),
  ("specialise", fun t => specialise t),
  ("contrapose", fun t => contrapose t)]

private def Verdict.json (v : Verdict) : Json :=
  Json.mkObj [("gate", v.gate), ("passed", v.passed), ("detail", v.detail)]

/-- What becomes of a draft: a candidate, or the stage and the reason of its refusal. -/
def judge (hash : String) (d : Draft) : TermElabM (Except (String × String) Json) := do
  let s ← signature d.type
  let small := Gates.size s d.type
  unless small.passed do return .error (small.gate, small.detail)
  let own ← normalHash d.type
  if own == hash then return .error ("novelty", "the target itself")
  let (round, read?) ← Gates.roundTrip s d.type
  let some type := read? | return .error (round.gate, round.detail)
  let mut proved? : Option (Array String × Array Step) := none
  for script in d.scripts do
    if let some steps ← Gates.run? type s script then
      proved? := some (script, steps)
      break
  let some (script, steps) := proved? | return .error ("script", "does not prove it")
  let vacuity ← Gates.vacuity type
  unless vacuity.passed do return .error (vacuity.gate, vacuity.detail)
  let trivial ← Gates.triviality type
  return .ok <| Json.mkObj [("rule", d.rule), ("position", d.position),
    ("premises", toJson (d.premises.map (toString ·))), ("signature", s.text),
    ("script", "\n".intercalate script.toList), ("hash", own),
    ("steps", .arr (steps.map fun s => Json.mkObj [("state", s.state), ("tactic", s.tactic)])),
    ("gates", .arr (#[small, round, vacuity, trivial].map (·.json))), ("heartbeats", (0 : Nat))]

/-- The drafts that are looked at, `limit` at most, drawn by the seed. -/
def draw (drafts : Array Draft) (limit seed : Nat) : Array Draft :=
  if drafts.size ≤ limit then drafts else
    let keyed := drafts.mapIdx fun i d => (mixHash (hash seed) (hash d.type), i, d)
    let chosen := (keyed.qsort fun a b => a.1 < b.1 || (a.1 == b.1 && a.2.1 < b.2.1)).extract 0 limit
    (chosen.qsort fun a b => a.2.1 < b.2.1).map (·.2.2)

end Mutate

/-- The operation `mutate`. -/
def handleMutate : Handler := fun request => do
  let env ← WorkerM.envOf request
  let target ← Request.field String request "target"
  let wanted := (← Request.field? (Array String) request "rules").getD #[]
  let limit := (← Request.field? Nat request "limit").getD 16
  let seed := (← Request.field? Nat request "seed").getD 0
  for name in wanted do
    unless Mutate.rules.any (·.1 == name) do
      throw { kind := .badRequest, message := s!"there is no rule `{name}`" }
  let p ← ProofState.ofCommandState env.state
  let action : TermElabM (Option (Array Json × Array (String × String))) := do
    let some t ← Mutate.Target.of? target.toName | return none
    let hash ← Mutate.normalHash t.type
    let mut drafts : Array Mutate.Draft := #[]
    for (name, rule) in Mutate.rules do
      if wanted.isEmpty || wanted.contains name then
        drafts := drafts ++ ((← Assess.within 200000 (rule t)).getD #[])
    let mut candidates := #[]
    let mut refused := #[]
    for d in Mutate.draw drafts limit seed do
      let saved ← saveState
      let verdict ← Assess.within 200000 (Mutate.judge hash d)
      saved.restore
      match verdict with
      | some (.ok candidate) => candidates := candidates.push candidate
      | some (.error reason) => refused := refused.push reason
      | none => refused := refused.push ("candidate", "out of heartbeats")
    return some (candidates, refused)
  let (answer, _) ← WorkerM.runIn p (withLCtx {} {} (withOptions (maxHeartbeats.set · 0) action))
  let some (candidates, refused) := answer
    | throw { kind := .badRequest, message := s!"there is no theorem `{target}` in the environment" }
  return Json.mkObj [("candidates", .arr candidates),
    ("refused", .arr (refused.map fun (stage, reason) =>
      Json.mkObj [("stage", stage), ("reason", reason)]))]

end Lakatos
