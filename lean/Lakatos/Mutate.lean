import Lakatos.Mutate.Gates
import Lakatos.Mutate.Rules.Apply
import Lakatos.Mutate.Rules.Compose
import Lakatos.Mutate.Rules.Contrapose
import Lakatos.Mutate.Rules.Generalise
import Lakatos.Mutate.Rules.Rewrite
import Lakatos.Mutate.Rules.Simplify
import Lakatos.Mutate.Rules.Specialise
import Lakatos.Mutate.Rules.Variant
import Lakatos.Monad

/-!
# The operation `mutate`

New theorems from one of the library's: rules make statements with proofs, gates look at them. What is
answered has a script that closed the statement here; the kernel's process has the last word.
-/

namespace Lakatos

open Lean Meta Elab

namespace Mutate

/-- The rules, by the names that a request gives them, on a target and with a seed. -/
def rules (chains : BaseIO Chains) : List (String × (Target → Nat → TermElabM (Array Draft))) := [
  ("rw", fun t seed => return (← rewriteConclusion t seed) ++ (← rewriteHypotheses t seed)),
  ("apply", fun t _ => applyToHypotheses t),
  ("compose", fun t seed => do compose t (← chains) seed),
  ("simp", fun t _ => simplify t),
  ("simp_backwards", simpBackwards),
  ("specialise", fun t _ => specialise t),
  ("generalise", generalise),
  ("variant", variant),
  ("contrapose", fun t _ => contrapose t)]

private def Verdict.json (v : Verdict) : Json :=
  Json.mkObj [("gate", v.gate), ("passed", v.passed), ("detail", v.detail)]

/-- What is known while the drafts of a target are looked at. -/
private structure Session where
  frame : Frame
  target : Opened
  /-- Hashes of the target and of the candidates so far. -/
  hashes : IO.Ref (Std.HashSet String)
  /-- What the vacuity gate says of the target's own hypotheses, once it was asked. -/
  ownVacuity : IO.Ref (Option Verdict)
  /-- Trivial candidates that are still welcome. -/
  trivial : IO.Ref Nat

/-- The vacuity gate, which is asked once for the hypotheses of the target. -/
private def Session.vacuity (s : Session) (d : Draft) (o : Opened) : TermElabM Verdict := do
  let own := s.target.hypotheses
  unless d.hypotheses == .asTarget || o.hypotheses == own do return ← Gates.vacuity o
  if let some known ← s.ownVacuity.get then return known
  let found ← Gates.vacuity s.target
  s.ownVacuity.set (some found)
  return found

/-- What becomes of a draft: a candidate, or the stage and the reason of its refusal. -/
private def judge (s : Session) (d : Draft) : TermElabM (Except (String × String) Json) := do
  let o ← s.frame.open d.type
  let sig ← o.within (signature s.frame d.type o)
  let small := Gates.size sig o
  unless small.passed do return .error (small.gate, small.detail)
  let own ← normalHash d.type
  if (← s.hashes.get).contains own then return .error ("novelty", "the target, or made of it before")
  let round ← Gates.roundTrip s.frame sig o
  unless round.passed do return .error (round.gate, round.detail)
  let trivial ← Gates.triviality s.frame o
  if !trivial.passed && (← s.trivial.get) == 0 then return .error (trivial.gate, "over budget")
  let mut proved? : Option (Array String × Array Step) := none
  for script in d.scripts do
    if let some steps ← Gates.run? s.frame o script then
      proved? := some (script, steps)
      break
  let some (script, steps) := proved? | return .error ("script", "does not prove it")
  let vacuity ← s.vacuity d o
  unless vacuity.passed do return .error (vacuity.gate, vacuity.detail)
  unless trivial.passed do s.trivial.modify (· - 1)
  s.hashes.modify (·.insert own)
  return .ok <| Json.mkObj [("rule", d.rule), ("position", d.position),
    ("premises", toJson (d.premises.map (toString ·))), ("signature", sig.text),
    ("script", "\n".intercalate script.toList), ("hash", own),
    ("steps", .arr (steps.map fun s => Json.mkObj [("state", s.state), ("tactic", s.tactic)])),
    ("gates", .arr (#[small, round, trivial, vacuity].map (·.json)))]

/-- The drafts that are looked at, each type once, `limit` at most, drawn by the seed. -/
private def draw (drafts : Array Draft) (limit seed : Nat) : Array Draft := Id.run do
  let mut seen : Std.HashSet Expr := {}
  let mut distinct := #[]
  for d in drafts do
    unless seen.contains d.type do
      seen := seen.insert d.type
      distinct := distinct.push d
  if distinct.size ≤ limit then return distinct
  let keyed := distinct.mapIdx fun i d => (mixHash (hash seed) (hash d.type), i, d)
  let chosen := (keyed.qsort fun a b => a.1 < b.1 || (a.1 == b.1 && a.2.1 < b.2.1)).extract 0 limit
  return (chosen.qsort fun a b => a.2.1 < b.2.1).map (·.2.2)

/-- The candidates among the drafts that were made of a target of this type, and the stages and reasons of what
was refused. -/
def judged (target : Expr) (drafts : Array Draft) (limit seed trivial : Nat) :
    TermElabM (Array Json × Array (String × String)) := do
  let frame ← Frame.new
  let session : Session := {
    frame, target := ← frame.open target, ownVacuity := ← IO.mkRef none, trivial := ← IO.mkRef trivial
    hashes := ← IO.mkRef (Std.HashSet.emptyWithCapacity.insert (← normalHash target)) }
  let mut made := #[]
  let mut refused := #[]
  for d in draw drafts limit seed do
    let saved ← saveState
    let verdict ← Assess.within 200000 (judge session d)
    saved.restore
    match verdict with
    | some (.ok candidate) => made := made.push candidate
    | some (.error reason) => refused := refused.push reason
    | none => refused := refused.push ("candidate", "out of heartbeats")
  return (made, refused)

/-- The candidates of a target, likewise. -/
private def candidates (t : Target) (rules : List (String × (Target → Nat → TermElabM (Array Draft))))
    (limit seed trivial : Nat) : TermElabM (Array Json × Array (String × String)) := do
  let mut drafts : Array Draft := #[]
  for (name, rule) in rules do
    drafts := drafts ++ ((← Assess.within 200000 (rule t (mixHash (hash seed) (hash name)).toNat)).getD #[])
  judged t.type drafts limit seed trivial

end Mutate

/-- The operation `mutate`. -/
def handleMutate : Handler := fun request => do
  let env ← WorkerM.envOf request
  let target ← Request.field String request "target"
  let wanted := (← Request.field? (Array String) request "rules").getD #[]
  let limit := (← Request.field? Nat request "limit").getD 16
  let seed := (← Request.field? Nat request "seed").getD 0
  let trivial := (← Request.field? Nat request "trivial").getD limit
  let chains : BaseIO Mutate.Chains := do
    if let some known ← env.chains.get then return known
    let made := Mutate.Chains.ofLibrary env.base
    env.chains.set (some made)
    return made
  let rules := Mutate.rules chains
  for name in wanted do
    unless rules.any (·.1 == name) do
      throw { kind := .badRequest, message := s!"there is no rule `{name}`" }
  let rules := rules.filter fun (name, _) => wanted.isEmpty || wanted.contains name
  let p ← ProofState.ofCommandState env.state
  let action : TermElabM (Option (Array Json × Array (String × String))) := do
    let some t ← Mutate.Target.of? target.toName | return none
    return some (← Mutate.candidates t rules limit seed trivial)
  let (answer, _) ← WorkerM.runIn p (withLCtx {} {} (withOptions (maxHeartbeats.set · 0) action))
  let some (candidates, refused) := answer
    | throw { kind := .badRequest, message := s!"there is no theorem `{target}` in the environment" }
  return Json.mkObj [("candidates", .arr candidates),
    ("refused", .arr (refused.map fun (stage, reason) =>
      Json.mkObj [("stage", stage), ("reason", reason)]))]

end Lakatos
