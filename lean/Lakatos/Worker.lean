import Lakatos.Assess
import Lakatos.Check
import Lakatos.Compose
import Lakatos.Constants
import Lakatos.Environment
import Lakatos.Equivalent
import Lakatos.Export
import Lakatos.Lean4Export
import Lakatos.Mutate
import Lakatos.Negatives
import Lakatos.Outline
import Lakatos.Restate
import Lakatos.Sorries
import Lakatos.Step
import Lakatos.Submit
import Lakatos.Suggest
import Lakatos.Trace
import Lakatos.Verbalise
import Lakatos.Verify

/-!
# The request loop

Reads a request a line, answers a line that begins with `@@`. To add an operation, write a `Handler`
in a module of its own and add a line to `operations`.
-/

namespace Lakatos

open Lean

/-- The operation `free`: proof states that are not needed any more. -/
def handleFree : Handler := fun request => do
  if (← Request.field? Bool request "all").getD false then
    WorkerM.modifyTables fun s => { s with states := {} }
  else
    let ids ← Request.field (Array Nat) request "states"
    WorkerM.modifyTables fun s => { s with states := ids.foldl (·.erase ·) s.states }
  return Json.mkObj []

/-- The operation `stats`. -/
def handleStats : Handler := fun _ => do
  let s ← WorkerM.getTables
  let uptime := (← IO.monoMsNow) - (← read).startTime
  return Json.mkObj [("states", s.states.size), ("envs", s.envs.length), ("steps", s.steps),
    ("requests", s.requests), ("uptime_ms", uptime)]

namespace Worker

/-- Every operation but `quit`. -/
def operations : List (String × Handler) := [
  ("open", handleOpen),
  ("start", handleStart),
  ("sorries", handleSorries),
  ("step", handleStep),
  ("suggest", handleSuggest),
  ("check", handleCheck),
  ("export", handleExport),
  ("submit", handleSubmit),
  ("verify", handleVerify),
  ("lean4export", handleLean4Export),
  ("verbalise", handleVerbalise),
  ("assess", handleAssess),
  ("constants", handleConstants),
  ("equivalent", handleEquivalent),
  ("restate", handleRestate),
  ("trace", handleTrace),
  ("mutate", handleMutate),
  ("compose", handleCompose),
  ("negatives", handleNegatives),
  ("free", handleFree),
  ("outline", handleOutline),
  ("stats", handleStats),
  ("ping", fun _ => return Json.mkObj [])]

/-- Time for a request that names none. -/
private def defaultDeadlineMs : Nat := 60000

/-- What outlives a request. -/
private structure Resources where
  state : IO.Ref WorkerState
  sorries : Capture.Sink
  watchdog : Watchdog
  startTime : Nat

private def dispatch (op : String) (request : Json) : WorkerM Json := do
  let some (_, handler) := operations.find? (·.1 == op)
    | throw { kind := .badRequest, message := s!"there is no operation `{op}`" }
  handler request

/-- Answers a request under its deadline. -/
private def answer (r : Resources) (request : Json) : BaseIO (Except Failure Json) := do
  let action : FailM Json := do
    let op ← Request.field String request "op"
    let ms := (← Request.field? Nat request "deadline_ms").getD defaultDeadlineMs
    let deadline := (← IO.monoMsNow) + ms
    r.watchdog.withAlarm deadline fun token =>
      dispatch op request { r with token, deadline }
  r.state.modify fun s => { s with requests := s.requests + 1 }
  action.toBaseIO

private def write (j : Json) : IO Unit := do
  let out ← IO.getStdout
  out.putStr ("@@" ++ j.compress ++ "\n")
  out.flush

private partial def loop (r : Resources) : IO Unit := do
  let line ← (← IO.getStdin).getLine
  if line.isEmpty then return
  if (Compat.trim line).isEmpty then return ← loop r
  let startTime ← IO.monoNanosNow
  let request? := Json.parse line
  let id := (request?.toOption.bind fun j => (j.getObjVal? "id").toOption).getD .null
  let quits := request?.toOption.any fun j => (j.getObjValAs? String "op").toOption == some "quit"
  let result ← match request? with
    | .error e => pure (.error { kind := .badRequest, message := s!"not JSON: {e}" })
    | .ok request => if quits then pure (.ok (Json.mkObj [])) else answer r request
  let micros := ((← IO.monoNanosNow) - startTime) / 1000
  write <| Json.mkObj [("id", id), ("ms", .num { mantissa := micros, exponent := 3 }),
    match result with
    | .ok value => ("ok", value)
    | .error failure => ("error", failure.toJson)]
  unless quits do loop r

/-- The first line, unasked. -/
private def ready : IO Json := do
  return Json.mkObj [("ready", Json.mkObj [("protocol", (1 : Nat)), ("lean", Lean.versionStringCore),
    ("platform", Compat.platform), ("mathlib", ← Environment.moduleExists `Mathlib)])]

/-- The worker program. -/
unsafe def main (_args : List String) : IO UInt32 := do
  enableInitializersExecution
  let r := {
    state := ← IO.mkRef {}, sorries := ← Capture.install, watchdog := ← Watchdog.start
    startTime := ← IO.monoMsNow }
  write (← ready)
  loop r
  return 0

end Worker

end Lakatos
