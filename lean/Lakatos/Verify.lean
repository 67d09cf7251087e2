import Lakatos.Axioms
import Lakatos.Closure
import Lakatos.ImportTerms
import Lakatos.Lean4Export.Walk
import Lakatos.Monad
import Lakatos.Replay

/-!
# The verdict on a submission

`Verify.judge` decides whether the declarations of an export prove what a challenge states. The
process that runs it has never run a submission's code. The statement comes from the challenge
(`Challenge`); the submission's declarations are replayed through the kernel on the imported
library alone (`Replay`); then each theorem must be there as a theorem, its type must be
definitionally equal to the challenge's, and its axioms must be allowed (`Axioms`).

A challenge that somebody vouches for is elaborated here, from its text. One that came with the
submission is not: another process has elaborated it, and its terms arrive as an export like the
submission's own, so that nothing but the kernel works on them here.

Definitional equality is asked of the kernel too: it must accept `theorem _ : reference type :=
submitted theorem`.
-/

open Lean Elab

namespace Lakatos

namespace Verify

open Replay (Reason)

/-- Where a challenge's statements come from. -/
inductive Reference where
  /-- The challenge's text after the header. -/
  | text (source : String)
  /-- An export of the theorems to be judged, their proofs left open. -/
  | terms (exported : String)
  /-- The submission states its theorems itself; nobody else says what they should be. -/
  | own

/-- What a verdict is asked for. -/
structure Request where
  /-- The environment of the challenge's imports, with nothing else in it. -/
  base : Environment
  /-- The challenge's header, elaborated on `base`. -/
  header : Command.State
  reference : Reference
  names : Array Name
  /-- The submission's declarations, as `ExportTerms` writes them. -/
  terms : String
  /-- Axioms that a proof may rest on. -/
  allowed : Array Name
  /-- Whether every other theorem of the submission is to be judged by its own statement as well. -/
  all : Bool := false
  /-- What the library's constants rest on, as far as it is known. -/
  known : IO.Ref Axioms.Known

/-- What is said of one theorem. -/
structure Verdict where
  name : Name
  reason? : Option Reason := none
  axioms : Array Name := #[]
  referenceType : String := ""
  type : String := ""
  libraryBodies : Bool

/-- The protocol's form of a verdict. -/
def Verdict.toJson (v : Verdict) : Json :=
  let reason := match v.reason? with
    | some r => [("reason", Json.mkObj [("class", r.cls), ("message", clip r.message)])]
    | none => []
  Json.mkObj <| [("name", Lean.toJson (toString v.name)), ("accepted", .bool v.reason?.isNone)]
    ++ reason ++ [("axioms", Lean.toJson (v.axioms.map toString)), ("type", v.type),
      ("reference_type", v.referenceType), ("library_bodies", v.libraryBodies)]

/-- A type as the challenge's environment prints it. Types of a submission may be as large as they
like; the printer stops after its usual number of steps. -/
private def printed (s : Command.State) (token : IO.CancelToken) (e : Expr) : BaseIO String := do
  let scope := s.scopes.head!
  let ctx : Core.Context := {
    fileName := "<type>", fileMap := default, options := scope.opts
    currNamespace := scope.currNamespace, openDecls := scope.openDecls, cancelTk? := some token }
  let action : MetaM Format := Meta.ppExpr e
  match ← (action.run' {} |>.toIO ctx { env := s.env }).toBaseIO with
  | .ok (f, _) => return clip f.pretty
  | .error _ => return "(a type that cannot be shown)"

/-- What the theorems have to state. -/
structure Challenge where
  /-- A theorem's name, universe parameters and type. -/
  statement? : Name → Option ConstantVal
  /-- The declarations that the statements speak of, and the challenge's own allowed axioms. -/
  own : Array Declaration
  /-- The state in which types are shown to people, after a replay into this environment. -/
  shown : Kernel.Environment → Command.State

/-- An expression as an export holds it: without the elaborator's notes to itself. -/
private partial def plain (e : Expr) : Expr :=
  e.replace fun
    | .mdata _ e => some (plain e)
    | _ => none

private def plainDeclaration : Declaration → Declaration
  | .axiomDecl v => .axiomDecl { v with type := plain v.type }
  | .thmDecl v => .thmDecl { v with type := plain v.type, value := plain v.value }
  | .defnDecl v => .defnDecl { v with type := plain v.type, value := plain v.value }
  | .opaqueDecl v => .opaqueDecl { v with type := plain v.type, value := plain v.value }
  | .inductDecl us n types isUnsafe =>
    let types := types.map fun t => { t with
      type := plain t.type, ctors := t.ctors.map fun c => { c with type := plain c.type } }
    .inductDecl us n types isUnsafe
  | d => d

/-- The challenge of a text, elaborated. -/
private def challengeOfText (r : Request) (source : String) (config : ElabConfig)
    (token : IO.CancelToken) : FailM Challenge := do
  let e ← Frontend.elabCommands source r.header token config
  if e.interrupted then
    throw { kind := .deadline, message := "the deadline passed while the reference was elaborated" }
  if hasErrors e.messages then
    throw { kind := .elaboration, message := "Lean does not accept the reference"
            details := [("messages", ← messagesJson e.messages)] }
  let env := e.state.env
  let types := r.names.filterMap fun n => (env.find? n).map (·.type)
  let mentioned := types.flatMap (·.getUsedConstants)
  let axioms := r.allowed.filter fun n => env.find? n matches some (.axiomInfo _)
  let stop (n : Name) := Closure.isImported r.base n || r.names.contains n
  let (own, _) ← Closure.declarations env stop (mentioned ++ axioms)
  let statement? (n : Name) := (env.find? n).map fun ci =>
    { ci.toConstantVal with type := plain ci.type }
  return { statement?, own := own.map plainDeclaration, shown := fun _ => e.state }

/-- The challenge of an export: the theorems to be judged, and beside them what they speak of. -/
private def challengeOfTerms (r : Request) (exported : String) : FailM Challenge := do
  match ImportTerms.parse exported with
  | .error e =>
    throw { kind := .elaboration, message := s!"the reference's terms cannot be read: {e}" }
  | .ok declarations =>
    let statements := declarations.filterMap fun
      | .thmDecl v => if r.names.contains v.name then some v.toConstantVal else none
      | _ => none
    let own := declarations.filter fun d => !(Replay.declaredNames d).any r.names.contains
    return { statement? := fun n => statements.find? (·.name == n), own,
             shown := fun env => { r.header with env := .ofKernelEnv env } }

/-- Whether the kernel takes the submitted theorem for a proof of the reference's statement. -/
private def provesStatement (reference : ConstantVal) (submitted : TheoremVal) : Replay.M Bool := do
  if Replay.sameExpr reference.levelParams submitted.levelParams reference.type submitted.type then
    return true
  let value := mkConst submitted.name (reference.levelParams.map mkLevelParam)
  let d := .thmDecl { name := `_lakatos.statement, levelParams := reference.levelParams
                      type := reference.type, value }
  return (← Replay.check d).toBool

private def axiomFault (allowed axioms : Array Name) : Option Reason := do
  let forbidden := axioms.filter (!allowed.contains ·)
  guard !forbidden.isEmpty
  if forbidden.contains ``sorryAx then return ⟨"sorry", "it rests on sorry"⟩
  let names := ", ".intercalate (forbidden.map toString).toList
  return ⟨"axioms", s!"it rests on {names}, which is not allowed"⟩

/-- What a theorem rests on. What its library constants rest on is remembered. -/
private def axiomsOf (r : Request) (view : Axioms.View) (name : Name) : Replay.M (Array Name) := do
  let direct := match view.find? name with
    | some ci => ci.type.getUsedConstants ++ (ci.value? (allowOpaque := true)).elim #[] (·.getUsedConstants)
    | none => #[]
  let known := (← (r.known.get : IO Axioms.Known)).learn view direct
  (r.known.set known : IO Unit)
  return Axioms.collect view #[name] known

/-- Judges one theorem after the replay. -/
private def judgeName (r : Request) (challenge : Challenge) (token : IO.CancelToken)
    (name : Name) : Replay.M Verdict := do
  let s ← get
  let view := Axioms.View.of r.base (s.env.find? ·)
  let verdict : Verdict := { name, libraryBodies := view.libraryBodies }
  let refuse (v : Verdict) (cls message : String) : Verdict :=
    { v with reason? := some ⟨cls, message⟩ }
  let some reference := challenge.statement? name
    | return refuse verdict "missing" s!"the reference does not declare {name}"
  let shown := challenge.shown s.env
  let verdict := { verdict with referenceType := ← printed shown token reference.type }
  if let some reason := s.failed.find? name then return { verdict with reason? := some reason }
  let some ci := s.env.find? name
    | return refuse verdict "missing" s!"the submission does not declare {name}"
  let .thmInfo submitted := ci
    | return refuse verdict "not_a_theorem" s!"{name} is not a theorem in the submission"
  let verdict := { verdict with type := ← printed shown token submitted.type }
  unless ← provesStatement reference submitted do
    return refuse verdict "statement" s!"{name} states something else than the reference"
  let axioms ← axiomsOf r view name
  return { verdict with axioms, reason? := axiomFault r.allowed axioms }

/-- Judges a theorem by its own statement. -/
private def judgeAlone (r : Request) (v : TheoremVal) : Replay.M Verdict := do
  let s ← get
  let view := Axioms.View.of r.base (s.env.find? ·)
  let verdict : Verdict := { name := v.name, libraryBodies := view.libraryBodies }
  if let some reason := s.failed.find? v.name then return { verdict with reason? := some reason }
  unless s.env.find? v.name matches some (.thmInfo _) do
    return { verdict with reason? := some ⟨"not_a_theorem", "it is not a theorem in the submission"⟩ }
  let axioms ← axiomsOf r view v.name
  return { verdict with axioms, reason? := axiomFault r.allowed axioms }

/-- Whether a reader of a text would know the name: an example's names its place. -/
private def isExample : Name → Bool
  | .str _ s => s.startsWith "_example_"
  | _ => false

/-- The submission's theorems that nobody named: those that fail, and examples. -/
private def judgeOthers (r : Request) (submitted : Array Declaration) :
    Replay.M (Array Verdict) := do
  let theorems := submitted.filterMap fun
    | .thmDecl v => if r.names.contains v.name then none else some v
    | _ => none
  let verdicts ← theorems.mapM fun v => judgeAlone r v
  let told := verdicts.filter fun v => v.reason?.isSome || isExample v.name
  return told.map fun v => { v with name := privateToUserName v.name }

/-- What an export of the accepted theorems starts from. -/
private def replayed (r : Request) (challenge? : Option Challenge) (verdicts : Array Verdict)
    (env : Kernel.Environment) : Lean4Export.Replayed where
  find? := (env.find? ·)
  view := Axioms.View.of r.base (env.find? ·)
  statements := verdicts.foldl (init := {}) fun map v =>
    match v.reason?, challenge?.bind (·.statement? v.name) with
    | none, some reference => map.insert v.name reference
    | _, _ => map

/-- Judges the theorems that the request names; with what is left for exports, where it came that
far. -/
def judge (r : Request) (config : ElabConfig) (token : IO.CancelToken) :
    FailM (Array Verdict × Option Lean4Export.Replayed) := do
  let libraryBodies := (Axioms.View.of r.base).libraryBodies
  match ImportTerms.parse r.terms with
  | .error e =>
    let reason : Reason := ⟨"export", s!"the submission's terms cannot be read: {e}"⟩
    return (r.names.map fun name => { name, libraryBodies, reason? := some reason }, none)
  | .ok submitted =>
    let challenge? ← match r.reference with
      | .text source => some <$> challengeOfText r source config token
      | .terms exported => some <$> challengeOfTerms r exported
      | .own => pure none
    let statement? (name : Name) := submitted.findSome? fun
      | .thmDecl v => if v.name == name then some v else none
      | _ => none
    let action : Replay.M (Array Verdict) := do
      if let some challenge := challenge? then
        challenge.own.forM (Replay.addOwn r.names.contains)
      submitted.forM Replay.add
      let named ← r.names.mapM fun name => do
        if let some challenge := challenge? then return ← judgeName r challenge token name
        if let some v := statement? name then return ← judgeAlone r v
        let reason := ⟨"missing", s!"the submission does not prove {name}"⟩
        return { name, libraryBodies, reason? := some reason }
      let others ← if r.all then judgeOthers r submitted else pure #[]
      return named ++ others
    let context : Replay.Context := { imported := Closure.isImported r.base, cancelTk := token }
    let (verdicts, s) ← (action.run context).run { env := r.base.toKernelEnv }
    return (verdicts, replayed r challenge? verdicts s.env)

end Verify

/-- The operation `verify`. -/
def handleVerify : Handler := fun request => do
  let env ← WorkerM.envOf request
  let own := (← Request.field? Bool request "own").getD false
  let r : Verify.Request := {
    known := env.axiomsBelow
    all := (← Request.field? Bool request "all").getD false
    base := env.base
    header := env.state
    reference := ← do
      if own then return .own
      match ← Request.field? String request "reference_terms" with
      | some exported => pure (.terms exported)
      | none => pure (.text (← Request.field String request "reference"))
    names := (← Request.field (Array String) request "names").map String.toName
    terms := ← Request.field String request "export"
    allowed := (← Request.field (Array String) request "axioms").map String.toName }
  let (verdicts, replayed?) ← Verify.judge r env.elabConfig (← read).token
  if (← Request.field? Bool request "keep").getD false then
    WorkerM.modifyTables fun s => { s with replayed?, export? := none }
  return Json.mkObj [("verdicts", toJson (verdicts.map (·.toJson)))]

end Lakatos
