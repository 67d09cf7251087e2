import Lakatos.Axioms
import Lakatos.Lean4Export.Declarations

/-!
# A theorem and all that it needs

An export is written in parts, so that neither the worker nor its reader holds all of it. `Walk` is
where it stands: the blocks that are still to be written, each behind those that it uses. Its last
declaration is `_lakatos.statement`, whose type is the challenge's statement and whose value is the
submitted theorem: who checks it has checked that the theorem states what it should.
-/

open Lean

namespace Lakatos.Lean4Export

/-- What a replay leaves behind for exports. -/
structure Replayed where
  /-- The submission's constants and the library's. -/
  find? : Name → Option ConstantInfo
  view : Axioms.View
  /-- The challenge's statement of each theorem that was accepted. -/
  statements : NameMap ConstantVal

private inductive Step where
  | visit (name : Name)
  | write (block : Block)

/-- An export under way. -/
structure Walk where
  private mk ::
  replayed : Replayed
  writer : Writer
  private steps : List Step
  private seen : NameSet := {}
  /-- Whether the submission's declarations are left out. -/
  private library : Bool
  /-- Declarations written, a mutual block counted once. -/
  declarations : Nat := 0
  /-- Library constants without a body, which are axioms to the checker. -/
  given : Array Name := #[]

namespace Walk

/-- The name of the declaration that compares the statements. -/
def statement : Name := `_lakatos.statement

/-- Begins the export of an accepted theorem, in parts of some more than `size` bytes; with
`library`, of no more than what it needs of the library. -/
def start (replayed : Replayed) (name : Name) (library : Bool) (size : Nat) : FailM Walk := do
  let some reference := replayed.statements.find? name
    | throw { kind := .badRequest, message := s!"{name} was not accepted by the last replay" }
  if (replayed.find? statement).isSome then
    throw { kind := .badRequest, message := s!"a declaration is called {statement}" }
  let value := mkConst name (reference.levelParams.map mkLevelParam)
  let last := Block.single <| .thmInfo {
    toConstantVal := { reference with name := statement }, value, all := [statement] }
  let uses := last.uses.toList.map Step.visit
  return { replayed, library, writer := ← Writer.new size, steps := uses ++ [.write last] }

private def wrote (w : Walk) (b : Block) : Walk :=
  let w := { w with declarations := w.declarations + 1 }
  match b with
  | .single (.axiomInfo v) =>
    if w.replayed.view.given v then { w with given := w.given.push v.name } else w
  | _ => w

private def leavesOut (w : Walk) (b : Block) : Bool :=
  w.library && b.names.any fun n => (w.replayed.view.root? n).isNone

/-- Goes on until a part is full (`false`) or everything is written (`true`). -/
partial def run (w : Walk) (token : IO.CancelToken) : FailM (Bool × Walk) := do
  if ← token.isSet then
    throw { kind := .deadline, message := "the deadline passed while the export was written" }
  match w.steps with
  | [] => return (true, w)
  | .visit name :: steps =>
    if w.seen.contains name then return ← run { w with steps } token
    match Block.of w.replayed.find? name with
    | .error message => throw { kind := .internal, message := s!"it cannot be exported: {message}" }
    | .ok b =>
      let seen := b.names.foldl (·.insert ·) w.seen
      let uses := b.uses.toList.filterMap fun n =>
        if seen.contains n then none else some (Step.visit n)
      run { w with seen, steps := uses ++ .write b :: steps } token
  | .write b :: steps =>
    if w.leavesOut b then return ← run { w with steps } token
    match ← (b.write.run w.writer).toBaseIO with
    | .ok () => run { w.wrote b with steps } token
    | .error .full => return (false, w)
    | .error (.needs name) =>
      if w.seen.contains name || (w.replayed.find? name).isNone then
        -- A literal in what literals are made of, or a library that has no such literals.
        w.writer.available.modify (·.insert name)
        run w token
      else
        run { w with steps := .visit name :: w.steps } token
    | .error (.fault message) =>
      throw { kind := .internal, message := s!"it cannot be exported: {message}" }

end Walk

end Lakatos.Lean4Export
