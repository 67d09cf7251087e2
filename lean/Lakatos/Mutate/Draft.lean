import Lakatos.Mutate.Frame
import Lakatos.Mutate.Target

/-!
# What a rule makes

A new statement as an expression, with scripts that should prove it, and its text.
-/

namespace Lakatos.Mutate

open Lean Meta

/-- How a draft's hypotheses stand to its target's, which decides what must be asked of them. -/
inductive Hypotheses where
  /-- They hold together if and only if the target's do. -/
  | asTarget
  | changed
  deriving BEq

/-- A new statement. -/
structure Draft where
  /-- The rule. -/
  rule : String
  /-- Where it was used: `goal`, or a hypothesis' name. -/
  position : String
  /-- Library theorems that the proof uses besides the target. -/
  premises : Array Name := #[]
  /-- The closed type. -/
  type : Expr
  hypotheses : Hypotheses := .changed
  /-- Scripts, the most readable first, each as its steps. -/
  scripts : Array (Array String)

/-- A text that cannot be read back, or that nobody would write: it has an inaccessible or an omitted part, is of several lines, or names what
Lean made for itself (`foo._proof_1`, `foo._auto_1`). -/
def unreadable (text : String) : Bool :=
  text.contains '✝' || text.contains '⋯' || text.contains '\n' || (text.splitOn "._").length > 1

/-- An expression as Lean reads it back, on one line unless it holds a `match`. -/
def text (e : Expr) : MetaM String := do
  return (← ppExpr e).pretty 1000000

/-- The binders and the conclusion, apart. -/
structure Signature where
  /-- `{α : Type u} (a b : α)`. -/
  binders : String
  /-- What follows the colon. -/
  conclusion : String
  /-- Its universe parameters. -/
  levels : List Name

/-- `.{u} {α : Type u} (a b : α) : a = b`: what follows the name. -/
def Signature.text (s : Signature) : String :=
  let levels := if s.levels.isEmpty then "" else
    ".{" ++ ", ".intercalate (s.levels.map toString) ++ "} "
  levels ++ (if s.binders.isEmpty then "" else s.binders ++ " ") ++ ": " ++ s.conclusion

private def group (info : BinderInfo) (type : String) (names : Array String) : String :=
  let inner := " ".intercalate names.toList ++ " : " ++ type
  match info with
  | .default => s!"({inner})"
  | .implicit => "{" ++ inner ++ "}"
  | .strictImplicit => s!"⦃{inner}⦄"
  | .instImplicit => if (names[0]?.getD "").startsWith "inst" then s!"[{type}]" else s!"[{inner}]"

/-- Prints a closed type that was taken apart. -/
def signature (f : Frame) (type : Expr) (o : Opened) : MetaM Signature := do
  let mut groups : Array String := #[]
  let mut open? : Option (BinderInfo × String × Array String) := none
  for p in o.places do
    let name := toString p.name
    if let some (info, t, names) := open? then
      if info == p.info && t == p.text && !info.isInstImplicit then
        open? := some (info, t, names.push name)
        continue
      groups := groups.push (group info t names)
    open? := some (p.info, p.text, #[name])
  if let some (info, t, names) := open? then groups := groups.push (group info t names)
  return { binders := " ".intercalate groups.toList, conclusion := ← f.text o.conclusion
           levels := (collectLevelParams {} type).params.toList }

/-- A closed type as what follows a theorem's name. -/
def signatureText (type : Expr) : Elab.TermElabM String := do
  let f ← Frame.new
  let o ← f.open type
  return (← o.within (signature f type o)).text

/-- A name for a binder that none of the others has. -/
def freshName (base : Name) (used : Array Name) : Name := Id.run do
  if !used.contains base then return base
  for i in [1:100] do
    let name := base.appendAfter s!"_{i}"
    if !used.contains name then return name
  return base

/-- Whether a binder of `xs` is an explicit hypothesis of which nothing that follows speaks, nor `body`. -/
def isFree (xs : Array Expr) (i : Nat) (body : Expr) : MetaM Bool := do
  let some x := xs[i]? | return false
  let d ← x.fvarId!.getDecl
  unless d.binderInfo.isExplicit && (← isProp d.type) do return false
  if body.containsFVar x.fvarId! then return false
  return !(← (xs.extract (i + 1) xs.size).anyM fun y => return (← inferType y).containsFVar x.fvarId!)

end Lakatos.Mutate
