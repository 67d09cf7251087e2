import Lakatos.Axioms
import Lakatos.Json
import Lakatos.Frontend
import Lakatos.Capture
import Lakatos.Lean4Export.Walk
import Lakatos.Mutate.Chains
import Lakatos.Snapshots

/-!
# The worker's monad

What a handler of an operation may use: the tables of environments and proof states, the request's
deadline and cancel token. An operation is a name and a `Handler`; `Lakatos.Worker` holds the table.
-/

namespace Lakatos

open Lean Elab

/-- An environment that a request opened. -/
structure OpenEnv where
  /-- The command state after the header. -/
  state : Command.State
  /-- The environment of the imports alone, before any text. -/
  base : Environment
  /-- The modules that were imported. -/
  imports : Array Name
  /-- Whether Mathlib was asked for and is not there, so that core stands in its place. -/
  substituted : Bool
  /-- What constants of the imports rest on, as far as it was asked for. -/
  axiomsBelow : IO.Ref Axioms.Known
  /-- The library's theorems by their hypotheses, once they were asked for. -/
  chains : IO.Ref (Option Mutate.Chains)
  /-- The rest of the answer to `open`. -/
  answer : List (String × Json)

/-- How texts are to be elaborated on this environment. -/
def OpenEnv.elabConfig (env : OpenEnv) (infoTrees : Bool := false) : ElabConfig :=
  { infoTrees, lenientOpens := env.substituted }

/-- What was asked for when an environment was opened. -/
structure EnvKey where
  /-- The modules, as asked for. -/
  imports : Array Name
  /-- The text after them. -/
  text : String
  deriving BEq

/-- One line of the table of environments. -/
structure EnvEntry where
  /-- The handle. -/
  id : Nat
  /-- What it was opened with. -/
  key : EnvKey
  /-- What it is. -/
  env : OpenEnv

/-- The worker's tables. -/
structure WorkerState where
  /-- Environments of imports alone, which header environments share. -/
  bases : List (Array Name × Bool × Command.State) := []
  /-- Header environments, the most recently used first. -/
  envs : List EnvEntry := []
  /-- Texts with the state after each of their commands, the most recently used first. -/
  documents : List Document := []
  /-- Proof states by handle. -/
  states : Std.TreeMap Nat ProofState := {}
  /-- The last handle, or name tag, that was given out. -/
  lastId : Nat := 0
  /-- Tactics tried so far. -/
  steps : Nat := 0
  /-- Requests answered so far. -/
  requests : Nat := 0
  /-- What the last `verify` that was asked to keep it has left behind. -/
  replayed? : Option Lean4Export.Replayed := none
  /-- The export under way, of which theorem, and its next part. -/
  export? : Option (Name × Nat × Lean4Export.Walk) := none

/-- What a handler sees. -/
structure WorkerContext where
  /-- The tables. -/
  state : IO.Ref WorkerState
  /-- Where the sorries of a text are noted. -/
  sorries : Capture.Sink
  /-- Rings at deadlines. -/
  watchdog : Watchdog
  /-- Set when the request's deadline has passed. -/
  token : IO.CancelToken
  /-- The request's deadline on the monotonic clock, in milliseconds. -/
  deadline : Nat
  /-- When the worker started, likewise. -/
  startTime : Nat

/-- The monad of handlers. -/
abbrev WorkerM := ReaderT WorkerContext FailM

/-- Answers one operation: from the request to the `ok` object. -/
abbrev Handler := Json → WorkerM Json

namespace WorkerM

/-- The tables. -/
def getTables : WorkerM WorkerState := do
  (← read).state.get

/-- Changes the tables. -/
def modifyTables (f : WorkerState → WorkerState) : WorkerM Unit := do
  (← read).state.modify f

/-- A number that was never given out. -/
def freshId : WorkerM Nat := do
  (← read).state.modifyGet fun s => (s.lastId + 1, { s with lastId := s.lastId + 1 })

/-- Whether the request's deadline has passed. -/
def deadlinePassed : WorkerM Bool := do
  return (← read).deadline ≤ (← IO.monoMsNow)

/-- The environment with the handle `id`, which counts as used. -/
def getEnv (id : Nat) : WorkerM OpenEnv := do
  let some entry := (← getTables).envs.find? (·.id == id)
    | throw { kind := .unknownEnv, message := s!"there is no environment {id}; open it again" }
  modifyTables fun s => { s with envs := entry :: s.envs.filter (·.id != id) }
  return entry.env

/-- The environment that the request's field `env` names. -/
def envOf (request : Json) : WorkerM OpenEnv := do
  getEnv (← Request.field Nat request "env")

/-- The proof state with the handle `id`. -/
def getState (id : Nat) : WorkerM ProofState := do
  let some state := (← getTables).states.get? id
    | throw { kind := .unknownState, message := s!"there is no proof state {id}" }
  return state

/-- Keeps a proof state and returns its handle. -/
def addState (p : ProofState) : WorkerM Nat := do
  let id ← freshId
  modifyTables fun s => { s with states := s.states.insert id p }
  return id

/-- The failure that an exception of the elaborator amounts to. -/
def failureOf (e : Exception) (token : IO.CancelToken) : BaseIO Failure := do
  if e.isInterrupt || (← token.isSet) then
    return { kind := .deadline, message := "the deadline passed before Lean was done" }
  return { kind := .elaboration, message := ← renderMessageData e.toMessageData }

/-- Runs the elaborator in a proof state under the request's deadline. -/
def runIn (p : ProofState) (x : TermElabM α) : WorkerM (α × ProofState) := do
  let token := (← read).token
  match ← (p.run token x).toBaseIO with
  | .ok r => return r
  | .error e => throw (← failureOf e token)

/-- Elaborates a text on top of an environment under the request's deadline. -/
def elabText (env : OpenEnv) (text : String) (infoTrees : Bool := false) : WorkerM Elaborated := do
  Frontend.elabCommands text env.state (← read).token (env.elabConfig infoTrees)

/-- Refuses a text whose elaboration the deadline ended. -/
def refuseInterrupted (e : Elaborated) : WorkerM Unit := do
  if e.interrupted then
    throw { kind := .deadline, message := "the deadline passed before the text was elaborated"
            details := [("messages", ← messagesJson e.messages)] }

end WorkerM

end Lakatos
