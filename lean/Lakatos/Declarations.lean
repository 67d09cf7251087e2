import Lakatos.Axioms
import Lakatos.Monad

/-!
# The declarations that a text makes

What a reader of the text would call its declarations: no constructors, recursors and auxiliary
lemmas. The answers describe the environment as the text's own code left it, so they are level 1
only; see `Verify`.
-/

open Lean Elab

namespace Lakatos.Declarations

/-- The protocol's word for a kind of constant. -/
private def kindOf (env : Environment) : ConstantInfo → String
  | .thmInfo _ => "theorem"
  | .defnInfo _ => "def"
  | .axiomInfo _ => "axiom"
  | .opaqueInfo _ => "opaque"
  | .inductInfo v => if isStructure env v.name then "structure" else "inductive"
  | .ctorInfo _ => "constructor"
  | .recInfo _ => "recursor"
  | .quotInfo _ => "quot"

/-- Whether a reader would call it a declaration: it stands in the text. An axiom is listed wherever
it comes from. -/
private def isListed (env : Environment) (name : Name) (ci : ConstantInfo) : Bool :=
  ((declRangeExt.find? env name).isSome || ci matches .axiomInfo _)
    && !(privateToUserName name).isInternalDetail && !(ci matches .ctorInfo _ | .recInfo _)
    && !isAuxRecursor env name && !isNoConfusion env name

/-- A declaration of a text. -/
structure Info where
  name : Name
  kind : String
  type : String
  proposition : Bool
  axioms : Array Name
  position : Position

/-- Whether it rests on `sorry`. -/
def Info.sorry (d : Info) : Bool :=
  d.axioms.contains ``sorryAx

/-- The protocol's `Declaration`. -/
def Info.toJson (d : Info) : Json :=
  Json.mkObj [("name", Lean.toJson (toString (privateToUserName d.name))), ("kind", d.kind),
    ("type", d.type), ("proposition", d.proposition),
    ("axioms", Lean.toJson (d.axioms.map toString)), ("sorry", d.sorry),
    ("line", Lean.toJson d.position.line), ("column", Lean.toJson d.position.column)]

/-- The constants that `after` has and `before` has not. -/
private def newConstants (before after : Environment) : Array (Name × ConstantInfo) :=
  after.constants.map₂.foldl (init := #[]) fun acc name ci =>
    if before.constants.map₂.contains name then acc else acc.push (name, ci)

/-- What is said of one constant; types that cannot be shown or sorted out are still listed. -/
private def describe (p : ProofState) (view : Axioms.View) (name : Name) (ci : ConstantInfo) :
    WorkerM Info := do
  let action : TermElabM (String × Bool) := do
    let type ← try pure (toString (← Meta.ppExpr ci.type))
      catch _ => pure "(a type that cannot be shown)"
    let proposition ← try Meta.isProp ci.type catch _ => pure false
    return (clip type, proposition)
  let ((type, proposition), _) ← WorkerM.runIn p action
  let position := match declRangeExt.find? p.core.env name with
    | some ranges => ranges.selectionRange.pos
    | none => { line := 0, column := 0 }
  let axioms := Axioms.collect view #[name]
  return { name, kind := kindOf p.core.env ci, type, proposition, axioms, position }

/-- The declarations of an elaborated text, in the order of the text. -/
def list (before : Command.State) (e : Elaborated) : WorkerM (Array Info) := do
  let env := e.state.env
  let p ← ProofState.ofCommandState e.state
  let view := Axioms.View.of env
  let new := (newConstants before.env env).filter fun (name, ci) => isListed env name ci
  let infos ← new.mapM fun (name, ci) => describe p view name ci
  return infos.qsort fun a b => earlier a.position b.position
where
  earlier (p q : Position) : Bool :=
    p.line < q.line || (p.line == q.line && p.column < q.column)

end Lakatos.Declarations
