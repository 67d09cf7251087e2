import Lakatos.GoalView

/-!
# The operation `start`

A statement is elaborated as a theorem whose proof is `sorry`, and the proof state is the one at that
`sorry`. `example` counts as a theorem without a name, `lemma` as another word for it. A theorem
whose name the library already has is elaborated under another name; its own is reported.
-/

namespace Lakatos

open Lean Meta Elab Parser

namespace Start

/-- The name that an `example` has in answers. -/
private def exampleName : Name := `_example

private def withProof (statement : String) : String :=
  statement ++ "\n  := by sorry"

/-- `lemma` is Mathlib's; where it is no keyword, `theorem` says the same. -/
private def withTheorem (statement : String) : String :=
  let text := Compat.trim statement
  if text.startsWith "lemma " then "theorem " ++ (text.drop 6).toString else statement

private def refuse (text : String) (messages : Array Message) : WorkerM α := do
  throw { kind := .elaboration, message := text
          details := [("messages", ← messagesJson messages)] }

private def parse (env : OpenEnv) (statement : String) : WorkerM (String × Syntax) := do
  let first := withProof statement
  let second := withProof (withTheorem statement)
  match Frontend.parseOne first env.state, Frontend.parseOne second env.state with
  | .ok stx, _ => return (first, stx)
  | _, .ok stx => return (second, stx)
  | .error messages, _ => refuse "the statement cannot be parsed" messages

/-- The first part of `stx` that has the property, with a replacement for it. -/
private def replaceFirst (stx : Syntax) (f : Syntax → Option Syntax) : Syntax :=
  (stx.replaceM (m := StateM Bool) fun s => do
    if ← get then return none
    let new? := f s
    set new?.isSome
    return new?).run' false

/-- An `example` with a type, as a theorem. -/
private def exampleToTheorem (stx : Syntax) : Option Syntax := do
  guard (stx.isOfKind ``Command.example)
  let type ← stx[1][1].getArgs[0]?
  let info := stx[0].getHeadInfo
  let declId := mkNode ``Command.declId #[mkIdentFrom stx[0] exampleName, mkNullNode]
  let declSig := mkNode ``Command.declSig #[stx[1][0], type]
  return mkNode ``Command.theorem #[.atom info "theorem", declId, declSig, stx[2]]

/-- What a theorem is called here and in answers. -/
private structure Naming where
  stx : Syntax
  renamed : Option (Name × Name) := none

/-- Gives the theorem another name where the library has its own. -/
private def avoidCollision (s : Command.State) (stx : Syntax) : Naming := Id.run do
  let some declId := stx.find? (·.isOfKind ``Command.declId) | return { stx }
  let name := declId[0].getId
  let full := s.scopes.head!.currNamespace ++ name
  unless s.env.contains full || s.env.contains (mkPrivateName s.env full) do return { stx }
  let other := name.appendAfter "_statement"
  let stx := replaceFirst stx fun s =>
    if s.isOfKind ``Command.declId then some (s.setArg 0 (mkIdentFrom s[0] other)) else none
  return { stx, renamed := some (name, other) }

/-- Whether a statement that is not accepted as a theorem is one of a definition. -/
private def isDefinition (env : OpenEnv) (text : String) (stx : Syntax) : WorkerM Bool := do
  let asDef := replaceFirst stx fun s =>
    if s.isOfKind ``Command.theorem then
      let sig := s[2]
      let optSig := mkNode ``Command.optDeclSig #[sig[0], mkNullNode #[sig[1]]]
      some <| mkNode ``Command.definition
        #[.atom s[0].getHeadInfo "def", s[1], optSig, s[3], mkNullNode]
    else none
  let r ← Frontend.elabOne text asDef env.state (← read).token env.elabConfig
  return !r.interrupted && !hasErrors r.messages

/-- What the statement is, elaborated. -/
structure Statement where
  /-- Its own full name. -/
  name : Name
  /-- The theorem, whose proof is `sorry`. -/
  info : ConstantInfo
  /-- The state at that `sorry`. -/
  proof : ProofState
  /-- What Lean said, but for the `sorry`. -/
  messages : Array Message

private def note (text : String) : Message :=
  { fileName := "<input>", pos := { line := 1, column := 0 }, severity := .information, data := text }

/-- Elaborates a statement as a theorem whose proof is `sorry`. -/
def elaborate (env : OpenEnv) (statement : String) : WorkerM Statement := do
  let (text, stx) ← parse env statement
  let stx := replaceFirst stx exampleToTheorem
  unless (stx.find? (·.isOfKind ``Command.declId)).isSome do
    refuse "a statement is a `theorem`, a `lemma` or an `example` with a type" #[]
  let naming := avoidCollision env.state stx
  let (r, sorries) ← Capture.collect (← read).sorries <|
    Frontend.elabOne text naming.stx env.state (← read).token env.elabConfig
  WorkerM.refuseInterrupted r
  if hasErrors r.messages then
    if ← isDefinition env text naming.stx then
      throw { kind := .notAProposition, message := "the statement's type is not a proposition" }
    refuse "Lean does not accept the statement" r.messages
  let some proof := sorries.back?.map (·.proof)
    | refuse "the statement has no place for a proof" r.messages
  let some name := proof.scope.declName?
    | refuse "the statement is not one of a theorem" r.messages
  let some info := r.state.env.find? name
    | refuse "the statement does not make a theorem" r.messages
  unless info matches .thmInfo _ do
    throw { kind := .notAProposition, message := "only a `theorem` can be proved" }
  if info.type.hasSorry then refuse "the statement itself contains `sorry`" r.messages
  let said := r.messages.filter fun m => !m.data.hasTag (· == `hasSorry)
  let userName := privateToUserName name
  match naming.renamed with
  | none => return { name := userName, info, proof, messages := said }
  | some (own, other) =>
    let full := userName.replacePrefix userName (renameLast userName own other)
    let said := said.push <| note
      s!"`{full}` is already declared, so that the statement is read as one of `{userName}`"
    return { name := full, info, proof, messages := said }
where
  /-- `full` ends in `other`; the same name ending in `own`. -/
  renameLast (full own other : Name) : Name :=
    (full.components.take (full.components.length - other.components.length) ++ own.components).foldl
      (· ++ ·) .anonymous

/-- The state that proves `¬ type`, nothing introduced. -/
private def negation (p : ProofState) (type : Expr) : WorkerM ProofState := do
  let p := { p with metaState := {}, goals := [] }
  let (goal, p) ← WorkerM.runIn p (return (← mkFreshExprSyntheticOpaqueMVar (mkNot type)).mvarId!)
  return { p with goals := [goal] }

end Start

/-- Shows a root's goals and keeps it; the protocol's `State`. -/
def addRootJson (p : ProofState) : WorkerM Json := do
  let p := GoalView.withCachedMessages <| p.withFreshNames (← WorkerM.freshId)
  let ((views, digest), p) ← WorkerM.runIn p do
    let views ← GoalView.ofGoals p p.goals
    return (views, ← GoalView.stateDigest p views)
  addStateJson p views digest

/-- The operation `start`. -/
def handleStart : Handler := fun request => do
  let env ← WorkerM.envOf request
  let statement ← Request.field String request "statement"
  let negate := (← Request.field? Bool request "negate").getD false
  let s ← Start.elaborate env statement
  let levels := s.info.levelParams
  let p := { s.proof with
    scope := { s.proof.scope with levelNames := levels }
    term := { s.proof.term with levelNames := levels } }
  let p ← if negate then Start.negation p s.info.type else pure p
  let digest ← GoalHash.hashExpr (← GoalHash.Context.new levels) s.info.type
  let (type, _) ← WorkerM.runIn p <| withLCtx {} {} do
    return (← ppExpr s.info.type).pretty
  return Json.mkObj [("name", toString s.name), ("type", type), ("type_hash", digest.toHex),
    ("root", ← addRootJson p), ("messages", ← messagesJson s.messages)]

end Lakatos
