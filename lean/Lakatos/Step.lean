import Lakatos.GoalView
import Lakatos.Tactic

/-!
# The operation `step`

Tries a batch of tactics on one proof state, each from the same starting point and under its own
budget of heartbeats and time.
-/

namespace Lakatos

open Lean Meta Elab

/-- A tactic to try. -/
structure TacticRequest where
  /-- Its text; may span lines. -/
  text : String
  /-- Thousands of heartbeats; none: the option `maxHeartbeats` as it stands. -/
  heartbeats? : Option Nat := none
  /-- Milliseconds. -/
  ms? : Option Nat := none

namespace Step

private def parseRequest (j : Json) : FailM TacticRequest := do
  let heartbeats? := (← Request.field? Nat j "heartbeats").filter (· != 0)
  return { text := ← Request.field String j "text", heartbeats?, ms? := ← Request.field? Nat j "ms" }

/-- A tactic's result before its goals are shown: the state after it, and the groups of goals. -/
private abbrev Attempt := Except TacticError (ProofState × Array Tactic.Group)

private def firstError (log : MessageLog) : BaseIO (Option TacticError) :=
  log.toArray.findSomeM? fun m =>
    if m.severity matches .error then some <$> TacticError.ofMessage m.data else return none

/-- Runs `x`. An exception that only ends the elaboration after an error was logged yields that
error. -/
private def reportLogged (x : TermElabM (Except TacticError α)) :
    TermElabM (Except TacticError α) := do
  try x catch e =>
    unless endsElaboration e do throw e
    match ← firstError (← getThe Core.State).messages with
    | some e => return .error e
    | none => throw e
where
  endsElaboration : Exception → Bool
    | .internal id _ => isAbortExceptionId id
    | _ => false

/-- Runs the tactic and looks at what it left. -/
private def attempt (p : ProofState) (t : TacticRequest) (split : Bool) (token : IO.CancelToken) :
    BaseIO Attempt := do
  match Tactic.parse p t.text with
  | .error message => return .error { kind := .parse, message := clip message }
  | .ok stx =>
    let action : TermElabM (Except TacticError (Array Tactic.Group)) := reportLogged do
      match ← Tactic.inspect p (← Tactic.run p.goals stx) with
      | .ok left => Tactic.split left split
      | .error e => return .error e
    match ← (p.run token action t.heartbeats?).toBaseIO with
    | .error e => return .error (← TacticError.ofException e token)
    | .ok (groups, p') =>
      if let some e ← firstError p'.core.messages then
        return .error (if ← token.isSet then .interrupted else e)
      return groups.map fun groups => (p', groups)

/-- Shows and keeps the groups that are left. -/
private def finish (before : ProofState) (after : ProofState) (groups : Array Tactic.Group) :
    WorkerM (Outcome Json) := do
  if groups.isEmpty then return .closed
  let (children, after) ← WorkerM.runIn after <| groups.mapM fun g => do
    let views ← GoalView.ofGoals after g.goals
    return (g, views, ← GoalView.stateDigest after views)
  if let #[(_, _, digest)] := children then
    if digest == before.digest then
      return .error { kind := .noProgress, message := "the tactic changes nothing" }
  .open <$> children.mapM fun (g, views, digest) =>
    addStateJson { after with holes := g.holes } views digest

/-- Tries one tactic; what it costs is measured without the rendering of its goals. -/
private def tryTactic (p : ProofState) (t : TacticRequest) (split : Bool) :
    WorkerM (Outcome Json × Json) := do
  let context ← read
  let p := p.withFreshNames (← WorkerM.freshId)
  let startTime ← IO.monoNanosNow
  let startHeartbeats ← IO.getNumHeartbeats
  let deadline := match t.ms? with
    | some ms => min context.deadline (startTime / 1000000 + ms)
    | none => context.deadline
  let result ← context.watchdog.withAlarm deadline (m := BaseIO) (attempt p t split)
  let heartbeats := (← IO.getNumHeartbeats) - startHeartbeats
  let micros := ((← IO.monoNanosNow) - startTime) / 1000
  WorkerM.modifyTables fun s => { s with steps := s.steps + 1 }
  let outcome ← match result with
    | .ok (after, groups) => finish p after groups
    | .error e => pure (.error e)
  return (outcome, outcome.toJson heartbeats micros)

end Step

/-- The operation `step`. -/
def handleStep : Handler := fun request => do
  let p ← WorkerM.getState (← Request.field Nat request "state")
  let tactics ← (← Request.field (Array Json) request "tactics").mapM fun j => Step.parseRequest j
  let stopOnClose := (← Request.field? Bool request "stop_on_close").getD false
  let split := (← Request.field? Bool request "split").getD true
  let mut outcomes := #[]
  let mut closed := false
  for t in tactics do
    if closed && stopOnClose then
      outcomes := outcomes.push (Outcome.skipped.toJson 0 0)
    else if ← WorkerM.deadlinePassed then
      outcomes := outcomes.push ((Outcome.error .interrupted).toJson 0 0)
    else
      let (outcome, json) ← Step.tryTactic p t split
      closed := closed || outcome matches .closed
      outcomes := outcomes.push json
  return Json.mkObj [("outcomes", .arr outcomes)]

end Lakatos
