import Lakatos.Monad

/-!
# Environments: the operation `open`

An environment is what its header makes of its imports. The environments of imports alone are shared;
header environments are kept in a table from which the least recently used one is dropped.

Where Mathlib is asked for and is not there, the core library stands in its place, with ℕ ℤ ℚ as
notations and `lemma` as a word for `theorem`. Automatically bound implicit variables are off then: a type that only Mathlib has, such as
ℝ, must be an error and not a variable.
-/

namespace Lakatos

open Lean Elab

namespace Environment

/-- Libraries that come with Mathlib. Where Mathlib is absent, they may be too. -/
private def mathlibWorld : List Name :=
  [`Mathlib, `Aesop, `Batteries, `ProofWidgets, `Qq, `Plausible, `ImportGraph, `LeanSearchClient,
   `Archive, `Counterexamples]

/-- Libraries that come with Lean itself. -/
private def coreLibraries : List Name :=
  [`Init, `Std, `Lean, `Lake]

/-- Whether the module's `.olean` file is on the search path. -/
def moduleExists (module : Name) : IO Bool := do
  match ← (← searchPathRef.get).findWithExt "olean" module with
  | some path => path.pathExists
  | none => return false

/-- What stands in Mathlib's place besides the core library. -/
private def substitute : String :=
  "set_option autoImplicit false
set_option relaxedAutoImplicit false
notation \"ℕ\" => Nat
notation \"ℤ\" => Int
notation \"ℚ\" => Rat
syntax (name := «lemma») declModifiers group(\"lemma \" declId ppIndent(declSig) declVal) : command
macro_rules
  | `($mods:declModifiers lemma $id:declId $sig:declSig $val:declVal) =>
    `($mods:declModifiers theorem $id $sig $val)"

/-- At most so many header environments are kept. -/
private def maxEnvs : Nat := 64

/-- Imports the modules (or finds them imported), and elaborates the substitute where asked. -/
private def getBase (imports : Array Name) (substituted : Bool) : WorkerM Command.State := do
  let known := (← WorkerM.getTables).bases.find? fun b => b.1 == imports && b.2.1 == substituted
  if let some (_, _, state) := known then return state
  let env ← orFail .import <| Compat.importAll imports
  let mut state := Command.mkState (env.setMainModule `Lakatos.Input) {} {}
  if substituted then
    let r ← Frontend.elabCommands substitute state (← read).token
    WorkerM.refuseInterrupted r
    if hasErrors r.messages then
      throw { kind := .internal, message := "the notations for ℕ ℤ ℚ do not elaborate"
              details := [("messages", ← messagesJson r.messages)] }
    state := r.state
  let done := state
  WorkerM.modifyTables fun s => { s with bases := (imports, substituted, done) :: s.bases }
  return state

/-- The modules to import in place of those asked for, and those that are dropped. -/
private def resolveImports (asked : Array Name) : WorkerM (Array Name × Array Name) := do
  let missing ← asked.filterM fun m => return !(← moduleExists m)
  if missing.isEmpty then
    return (if asked.isEmpty then #[`Init] else asked, #[])
  let dropped := missing.filter fun m => mathlibWorld.contains m.getRoot
  if dropped.size < missing.size || (← moduleExists `Mathlib) then
    let foreign := missing.filter (!dropped.contains ·)
    let named := if foreign.isEmpty then missing else foreign
    let names := ", ".intercalate (named.map toString).toList
    throw { kind := .import
            message := s!"not found on Lean's search path: {names}. Add the directory that holds \
              the compiled library, or work in its Lake project" }
  let kept := asked.filter (!missing.contains ·)
  return (#[`Init, `Std] ++ kept.filter fun m => m != `Init && m != `Std, dropped)

private def namesJson (names : Array Name) : Json :=
  toJson (names.map toString)

/-- What is imported for the modules asked for, whether core stands in for Mathlib, which modules
were dropped, and the state to begin with. -/
def openBase (asked : Array Name) : WorkerM (Array Name × Bool × Array Name × Command.State) := do
  let (imports, dropped) ← resolveImports asked
  return (imports, !dropped.isEmpty, dropped, ← getBase imports (!dropped.isEmpty))

/-- At most so many documents are kept. -/
private def maxDocuments : Nat := 6

/-- Elaborates a text from the first command that no document on the same imports begins with. What
is known of the text, and its snapshots. Where it is the beginning of a known document, that one stays
as it is in the table. `budgetMs`, where given, ends the reading between two commands. -/
def readDocument (imports : Array Name) (substituted : Bool) (base : Command.State) (text : String)
    (budgetMs? : Option Nat := none) : WorkerM (Document × Array Snapshot) := do
  let documents := (← WorkerM.getTables).documents
  let mut best : Option (Nat × Document) := none
  for d in documents do
    if d.imports == imports && d.substituted == substituted then
      let common := Snapshots.common d text
      if best.all (·.1 < common) then best := some (common, d)
  let until? ← budgetMs?.mapM fun ms => return (← IO.monoMsNow) + ms
  if let some (n, d) := best then
    if let some snapshots := Snapshots.beginning? d n text then
      let whole := snapshots.size == d.snapshots.size
      if d.complete || !whole then
        let kept := d :: documents.filter (·.id != d.id)
        WorkerM.modifyTables fun s => { s with documents := kept }
        return ({ d with complete := true, tail := if whole then d.tail else #[] }, snapshots)
  let (known, id?) := match best with
    | some (n, d) =>
      (d.snapshots.extract 0 n, if 0 < n || d.snapshots.isEmpty then some d.id else none)
    | none => (#[], none)
  let id ← match id? with
    | some id => pure id
    | none => WorkerM.freshId
  let revision ← WorkerM.freshId
  let (snapshots, tail, complete) ← Snapshots.elaborate text base known (← read).token
    { lenientOpens := substituted } until?
  let document := { id, revision, imports, substituted, text, snapshots, tail, complete }
  let kept := (document :: documents.filter (·.id != id)).take maxDocuments
  WorkerM.modifyTables fun s => { s with documents := kept }
  return (document, snapshots)

/-- The environment of a header, from the table or made now; `true` where it was there. -/
def openEnv (key : EnvKey) : WorkerM (Nat × OpenEnv × Bool) := do
  if let some entry := (← WorkerM.getTables).envs.find? (·.key == key) then
    return (entry.id, ← WorkerM.getEnv entry.id, true)
  let (imports, substituted, dropped, base) ← openBase key.imports
  let (document, snapshots) ← readDocument imports substituted base key.text
  if !document.complete then
    throw { kind := .deadline, message := "the deadline passed before the text was elaborated"
            details := [("messages", ← messagesJson (Snapshots.messages snapshots))] }
  let core := imports.all fun m => coreLibraries.contains m.getRoot
  let answer := [
    ("kind", toJson (if core then "core" else "project")),
    ("imports", namesJson imports),
    ("dropped_imports", namesJson dropped),
    ("dropped_opens", namesJson <| snapshots.foldl (init := #[]) (· ++ ·.droppedOpens)),
    ("messages", ← messagesJson (Snapshots.messages snapshots ++ document.tail))]
  let axiomsBelow ← IO.mkRef {}
  let chains ← IO.mkRef none
  let env := {
    state := Snapshots.last base snapshots, base := base.env, imports, substituted, axiomsBelow
    chains, answer }
  let id ← WorkerM.freshId
  WorkerM.modifyTables fun s => { s with envs := ({ id, key, env } :: s.envs).take maxEnvs }
  return (id, env, false)

end Environment

/-- The operation `open`. -/
def handleOpen : Handler := fun request => do
  let imports ← Request.field? (Array String) request "imports"
  let text ← Request.field? String request "text"
  let key := { imports := (imports.getD #[]).map String.toName, text := text.getD "" }
  let (id, env, cached) ← Environment.openEnv key
  return Json.mkObj <| ("env", toJson id) :: ("cached", toJson cached) :: env.answer

end Lakatos
