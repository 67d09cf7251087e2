import Lakatos.Compat

/-!
# Requests and answers

Typed failures with the kinds of `docs/protocol.md`, access to a request's fields, and Lean's
messages as JSON.
-/

namespace Lakatos

open Lean

/-- Why a request cannot be answered: the protocol's `error.kind`. -/
inductive FailureKind where
  | badRequest | unknownState | unknownEnv | elaboration | notAProposition | deadline
  | «import» | internal
  deriving BEq, Inhabited

/-- The word of the protocol. -/
def FailureKind.word : FailureKind → String
  | badRequest => "bad_request"
  | unknownState => "unknown_state"
  | unknownEnv => "unknown_env"
  | elaboration => "elaboration"
  | notAProposition => "not_a_proposition"
  | deadline => "deadline"
  | «import» => "import"
  | internal => "internal"

/-- A request that cannot be answered. -/
structure Failure where
  /-- The protocol's word for it. -/
  kind : FailureKind
  /-- A sentence for people. -/
  message : String
  /-- Further fields of the error object, such as `messages`. -/
  details : List (String × Json) := []
  deriving Inhabited

/-- The protocol's `error` object. -/
def Failure.toJson (f : Failure) : Json :=
  Json.mkObj <| ("kind", f.kind.word) :: ("message", f.message) :: f.details

/-- Actions that may fail with a kind. -/
abbrev FailM := EIO Failure

/-- An error of input and output that no handler foresaw. -/
instance : MonadLift IO FailM where
  monadLift x := Compat.mapError (fun e => { kind := .internal, message := toString e }) x

/-- Runs `x`; every error of its becomes a failure of the given kind. -/
def orFail (kind : FailureKind) (x : IO α) : FailM α :=
  Compat.mapError (fun e => { kind, message := toString e }) x

namespace Request

/-- The field `key` of a request, which must be there. -/
def field (α : Type) [FromJson α] (request : Json) (key : String) : FailM α :=
  match request.getObjVal? key, request.getObjValAs? α key with
  | .error _, _ => throw { kind := .badRequest, message := s!"the field `{key}` is missing" }
  | _, .ok value => return value
  | _, .error e => throw { kind := .badRequest, message := s!"the field `{key}` is wrong: {e}" }

/-- The field `key` of a request, or `none` where it is absent or null. -/
def field? (α : Type) [FromJson α] (request : Json) (key : String) : FailM (Option α) :=
  match request.getObjVal? key with
  | .error _ | .ok .null => return none
  | .ok _ => some <$> field α request key

end Request

/-- Longer messages are cut: some of Lean's run to megabytes. -/
def maxMessageLength : Nat := 20000

/-- `s`, cut to `maxMessageLength`. -/
def clip (s : String) : String :=
  if s.length ≤ maxMessageLength then s
  else (s.take maxMessageLength).toString ++ " …"

/-- The text of a message, cut to a sensible length. Rendering may fail; the answer must not. -/
def renderMessageData (data : MessageData) : BaseIO String := do
  match ← (data.toString : IO String).toBaseIO with
  | .ok s => return clip (Compat.trim s)
  | .error e => return s!"(message cannot be shown: {e})"

/-- The protocol's `Message`: lines from 1, columns from 0 in code points, as Lean counts. -/
def messageJson (m : Message) : BaseIO Json := do
  let severity := match m.severity with
    | .error => "error"
    | .warning => "warning"
    | .information => "info"
  return Json.mkObj [("severity", severity), ("line", toJson m.pos.line),
    ("column", toJson m.pos.column), ("data", ← renderMessageData m.data)]

/-- The protocol's `messages`: those that a user would see. -/
def messagesJson (messages : Array Message) : BaseIO Json :=
  return .arr (← (messages.filter (!·.isSilent)).mapM messageJson)

/-- Whether one of the messages is an error. -/
def hasErrors (messages : Array Message) : Bool :=
  messages.any (·.severity matches .error)

end Lakatos
