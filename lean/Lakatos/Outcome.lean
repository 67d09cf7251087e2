import Lakatos.Json

/-!
# Outcomes of tactics

The classes of failure of `docs/protocol.md`, told by cause: by the tags that Lean puts on its
messages and by the kind of exception. Only a mismatch of types has no tag; it is told by its words.
-/

namespace Lakatos

open Lean

/-- The class of a tactic's failure. -/
inductive ErrorClass where
  | parse | unknownIdentifier | typeMismatch | tacticFailed | heartbeats | deadline | recursion
  | noProgress | «sorry» | forbidden | other
  deriving BEq, Inhabited

/-- The word of the protocol. -/
def ErrorClass.word : ErrorClass → String
  | parse => "parse"
  | unknownIdentifier => "unknown_identifier"
  | typeMismatch => "type_mismatch"
  | tacticFailed => "tactic_failed"
  | heartbeats => "heartbeats"
  | deadline => "deadline"
  | recursion => "recursion"
  | noProgress => "no_progress"
  | «sorry» => "sorry"
  | forbidden => "forbidden"
  | other => "other"

/-- Why a tactic failed. -/
structure TacticError where
  /-- Its class. -/
  kind : ErrorClass
  /-- Lean's words. -/
  message : String

namespace TacticError

/-- The error that Lean tells of with a message. -/
def ofMessage (data : MessageData) : BaseIO TacticError := do
  let message ← renderMessageData data
  let kind : ErrorClass :=
    if Compat.isHeartbeatLimit data then .heartbeats
    else if Compat.isRecursionLimit data then .recursion
    else if Compat.isUnknownIdentifier data then .unknownIdentifier
    else if Compat.isTypeMismatch message then .typeMismatch
    else .tacticFailed
  return { kind, message }

/-- What to say where a cancel token ended the work. -/
def interrupted : TacticError :=
  { kind := .deadline, message := "the tactic was interrupted by its deadline" }

/-- The error that an exception amounts to. -/
def ofException (e : Exception) (token : IO.CancelToken) : BaseIO TacticError := do
  if e.isInterrupt || (← token.isSet) then return interrupted
  match e with
  | .error _ data => ofMessage data
  | .internal id _ => return { kind := .other, message := s!"internal exception {id.idx}" }

end TacticError

/-- A number with three digits after the point, from thousandths. -/
def thousandths (n : Nat) : Json :=
  .num { mantissa := n, exponent := 3 }

/-- The outcome of one tactic; `Child` is what is kept of a group of goals. -/
inductive Outcome (Child : Type) where
  | closed
  | «open» (children : Array Child)
  | error (e : TacticError)
  | skipped

/-- The protocol's `Outcome`, of which `heartbeats` and `micros` are what it cost. -/
def Outcome.toJson (o : Outcome Json) (heartbeats micros : Nat) : Json :=
  let (status, children, fault) : String × Array Json × List (String × Json) := match o with
    | .closed => ("closed", #[], [])
    | .open children => ("open", children, [])
    | .skipped => ("skipped", #[], [])
    | .error e =>
      ("error", #[], [("error", Json.mkObj [("class", e.kind.word), ("message", e.message)])])
  Json.mkObj <| fault ++ [("status", .str status), ("children", .arr children),
    ("heartbeats", thousandths heartbeats), ("ms", thousandths micros)]

end Lakatos
