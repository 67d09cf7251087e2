import Lakatos.Guard
import Lakatos.Json

/-!
# Replaying declarations through the kernel

`Replay.add` adds a submission's declarations to an environment that holds the imported library
alone, one by one and each checked by the kernel (never `addDeclWithoutChecking`; options such as
`debug.skipKernelTC` have no say here) and by `Guard`, which knows what newer kernels check. The
challenge's own definitions, those that the statements speak of, are put there first (`addOwn`), or,
where they speak of a theorem that is to be proved, as soon as it is there; a submission that declares
one of them must declare the same, and the challenge's is the one that counts.

A declaration that is refused does not stop the replay: it is recorded with its reason, and whatever
uses it is refused for the same reason.
-/

open Lean

namespace Lakatos.Replay

/-- Why something is refused: a stable word of `docs/protocol.md`, and a sentence. -/
structure Reason where
  cls : String
  message : String
  deriving Inhabited

/-- Thrown by the replay when the request's deadline has passed. -/
def interrupted : Failure :=
  { kind := .deadline, message := "the deadline passed while the kernel was checking" }

structure State where
  env : Kernel.Environment
  /-- The challenge's own declarations, by each name that they declare. -/
  own : NameMap Declaration := {}
  /-- Those of them that wait for a theorem that is to be proved, in dependency order. -/
  waiting : Array Declaration := #[]
  failed : NameMap Reason := {}

structure Context where
  /-- Whether the imported library owns a name. -/
  imported : Name → Bool
  cancelTk : IO.CancelToken

abbrev M := ReaderT Context <| StateRefT State FailM

/-- Every name that a declaration introduces, but for recursors. -/
def declaredNames : Declaration → List Name
  | .inductDecl _ _ types _ => types.flatMap fun t => t.name :: t.ctors.map (·.name)
  | .axiomDecl v => [v.name]
  | .thmDecl v => [v.name]
  | .defnDecl v => [v.name]
  | .opaqueDecl v => [v.name]
  | .mutualDefnDecl vs => vs.map (·.name)
  | .quotDecl => [``Quot, ``Quot.mk, ``Quot.lift, ``Quot.ind]

/-- The expressions of a declaration. -/
private def parts : Declaration → List Expr
  | .inductDecl _ _ types _ => types.flatMap fun t => t.type :: t.ctors.map (·.type)
  | .axiomDecl v => [v.type]
  | .thmDecl v => [v.type, v.value]
  | .defnDecl v => [v.type, v.value]
  | .opaqueDecl v => [v.type, v.value]
  | .mutualDefnDecl vs => vs.flatMap fun v => [v.type, v.value]
  | .quotDecl => []

-- Later versions of Lean may have further kinds of exceptions.
set_option match.ignoreUnusedAlts true in
/-- What the kernel says, without printing terms: hostile terms can be exponentially large as text.
-/
def explain : Kernel.Exception → Reason
  | .unknownConstant _ n => ⟨"kernel", s!"it uses {n}, which is not there"⟩
  | .alreadyDeclared _ n => ⟨"kernel", s!"{n} is declared already"⟩
  | .declTypeMismatch .. => ⟨"kernel", "its value does not have its type"⟩
  | .declHasMVars .. => ⟨"kernel", "it has unassigned holes"⟩
  | .declHasFVars .. => ⟨"kernel", "it has free variables"⟩
  | .funExpected .. => ⟨"kernel", "something that is not a function is applied"⟩
  | .typeExpected .. => ⟨"kernel", "a type is expected where there is none"⟩
  | .letTypeMismatch .. => ⟨"kernel", "the value of a let does not have its type"⟩
  | .exprTypeMismatch .. => ⟨"kernel", "a term does not have the type it should have"⟩
  | .appTypeMismatch .. => ⟨"kernel", "an argument does not have the type that it should have"⟩
  | .invalidProj .. => ⟨"kernel", "a projection is not valid"⟩
  | .thmTypeIsNotProp .. => ⟨"not_a_theorem", "its type is not a proposition"⟩
  | .other message => ⟨"kernel", message⟩
  | .deterministicTimeout => ⟨"resources", "the kernel gave up after too many steps"⟩
  | .excessiveMemory => ⟨"resources", "the kernel ran out of memory"⟩
  | .deepRecursion => ⟨"resources", "the terms are nested too deeply for the kernel"⟩
  | .interrupted => ⟨"resources", "the kernel was interrupted"⟩
  | _ => ⟨"kernel", "the kernel does not accept it"⟩

/-- Asks the kernel whether a declaration may be added; does not add it. -/
def check (d : Declaration) : M (Except Reason Kernel.Environment) := do
  match Compat.kernelAddDecl (← get).env d (← read).cancelTk with
  | .ok env => return .ok env
  | .error .interrupted => throw interrupted
  | .error e =>
    if ← (← read).cancelTk.isSet then throw interrupted
    return .error (explain e)

/-- Adds a declaration, or says why it is refused: by the kernel, or by what newer kernels check. -/
private def admit (d : Declaration) : M (Option Reason) := do
  let s ← get
  if let some what := Guard.fault? (s.env.find? ·) (declaredNames d) (parts d) d then
    return some ⟨"kernel", what⟩
  match ← check d with
  | .error reason => return some reason
  | .ok env =>
    let some again := Guard.rechecks (env.find? ·) d
      | return some ⟨"kernel", "its recursors are not what they should be"⟩
    modify fun s => { s with env }
    for d in again do
      if let .error reason ← check d then
        set s
        let message := s!"checked again after the kernel took it: {reason.message}"
        return some { reason with message }
    return none

private def fail (d : Declaration) (reason : Reason) : M Unit :=
  modify fun s => { s with failed := (declaredNames d).foldl (·.insert · reason) s.failed }

private def failureBelow (d : Declaration) : M (Option Reason) := do
  let failed := (← get).failed
  if failed.isEmpty then return none
  for e in parts d do
    for n in e.getUsedConstants do
      if let some reason := failed.find? n then return some reason
  return none

private def renamed (ps qs : List Name) (e : Expr) : Expr :=
  e.instantiateLevelParams qs (ps.map mkLevelParam)

/-- Two expressions with universe parameters `ps` and `qs`, matched by position, are the same term.
-/
def sameExpr (ps qs : List Name) (e f : Expr) : Bool :=
  ps.length == qs.length && (if ps == qs then e == f else e == renamed ps qs f)

private def sameInductive (us : List Name) (n : Nat) (types : List InductiveType)
    (vs : List Name) (m : Nat) (types' : List InductiveType) : Bool :=
  let sameCtor (c d : Constructor) := c.name == d.name && sameExpr us vs c.type d.type
  let sameType (t t' : InductiveType) := t.name == t'.name && sameExpr us vs t.type t'.type &&
    t.ctors.length == t'.ctors.length && (t.ctors.zip t'.ctors).all fun (c, d) => sameCtor c d
  n == m && types.length == types'.length && (types.zip types').all fun (t, t') => sameType t t'

/-- `∀ P, P own → P value`, which the kernel accepts just when the two are definitionally equal. -/
private def leibniz (own : DefinitionVal) (value : Expr) : Declaration :=
  let us := own.levelParams.map mkLevelParam
  let family := .forallE `x own.type (.sort .zero) .default
  let holds : Expr := .app (.bvar 0) (.const own.name us)
  .thmDecl {
    name := `_lakatos.same, levelParams := own.levelParams
    type := .forallE `P family (.forallE `h holds (.app (.bvar 1) value) .default) .default
    value := .lam `P family (.lam `h holds (.bvar 0) .default) .default }

/-- Whether the submission's declaration `d` is the challenge's `own`. Auxiliary theorems may be
named otherwise in the two, hence the kernel's word on definitions that are not the same term. -/
private def agrees (own d : Declaration) : M Bool := do
  match own, d with
  | .axiomDecl v, .axiomDecl w =>
    return !w.isUnsafe && sameExpr v.levelParams w.levelParams v.type w.type
  | .thmDecl v, .thmDecl w => return sameExpr v.levelParams w.levelParams v.type w.type
  | .opaqueDecl v, .opaqueDecl w =>
    return sameExpr v.levelParams w.levelParams v.type w.type
      && sameExpr v.levelParams w.levelParams v.value w.value
  | .inductDecl us n ts _, .inductDecl vs m ts' _ => return sameInductive us n ts vs m ts'
  | .defnDecl v, .defnDecl w =>
    if sameExpr v.levelParams w.levelParams v.type w.type
      && sameExpr v.levelParams w.levelParams v.value w.value then return true
    unless v.levelParams.length == w.levelParams.length do return false
    return (← check (leibniz v (renamed v.levelParams w.levelParams w.value))).toBool
  | _, _ => return false

/-- Puts a declaration of the challenge there, checked like any other; those that need one of the
`judged` theorems wait for it. -/
def addOwn (judged : Name → Bool) (d : Declaration) : M Unit := do
  let s ← get
  let waiting := s.waiting.toList.flatMap declaredNames
  let waits := (parts d).any (·.getUsedConstants.any fun n => judged n || waiting.contains n)
  if waits then
    modify fun s => { s with waiting := s.waiting.push d }
  else if let some reason ← admit d then
    let n := (declaredNames d).head?.getD .anonymous
    throw { kind := .elaboration
            message := s!"the kernel refuses the challenge's own {n}: {reason.message}" }
  modify fun s => { s with own := (declaredNames d).foldl (·.insert · d) s.own }

/-- Puts those of the challenge's declarations there that need wait no longer. -/
private def addWaiting : M Unit := do
  for d in (← get).waiting do
    let env := (← get).env
    let own := declaredNames d
    let isThere (n : Name) := own.contains n || (env.find? n).isSome
    if (parts d).all (·.getUsedConstants.all isThere) then
      modify fun s => { s with waiting := s.waiting.filter fun w => declaredNames w != own }
      if let some reason ← admit d then fail d { reason with cls := "definition" }

/-- What makes the kernel run compiled code. A proof that needs it is refused before the kernel sees
it. -/
private def runsCode (n : Name) : Bool :=
  [``Lean.reduceBool, ``Lean.reduceNat, ``Lean.ofReduceBool, ``Lean.ofReduceNat].contains n

private def refusedOutright (d : Declaration) : M (Option Reason) := do
  if let some n := (declaredNames d).find? (← read).imported then
    return some ⟨"kernel", s!"it declares {n}, which belongs to the library"⟩
  if let some n := (parts d).findSome? (·.getUsedConstants.find? runsCode) then
    return some ⟨"axioms", s!"it rests on compiled code ({n}), which is not allowed"⟩
  match d with
  | .axiomDecl v =>
    if v.isUnsafe then return some ⟨"kernel", s!"{v.name} is unsafe or partial"⟩
    return some ⟨"axioms", s!"it rests on the axiom {v.name}, which is not allowed"⟩
  | .mutualDefnDecl _ | .quotDecl =>
    return some ⟨"kernel", "this kind of declaration is not allowed"⟩
  | _ => return none

/-- Replays one declaration of the submission. -/
def add (d : Declaration) : M Unit := do
  if let some own := (declaredNames d).findSome? (← get).own.find? then
    if let some reason ← failureBelow d then return (← fail d reason)
    let env := (← get).env
    unless (declaredNames own).all fun n => (env.find? n).isSome do
      let n := (declaredNames own).head?.getD .anonymous
      return (← fail d ⟨"definition", s!"{n} rests on a theorem that is not proved"⟩)
    unless ← agrees own d do
      let n := (declaredNames own).head?.getD .anonymous
      fail d ⟨"definition", s!"{n} is not what the challenge says it is"⟩
    return
  if let some reason ← refusedOutright d then return (← fail d reason)
  if let some reason ← failureBelow d then return (← fail d reason)
  match ← admit d with
  | none => addWaiting
  | some reason =>
    let n := (declaredNames d).head?.getD .anonymous
    fail d { reason with message := s!"the kernel refuses {n}: {reason.message}" }

end Lakatos.Replay
