import Lakatos.Mutate.Target

/-!
# What a rule makes

A new statement as an expression, with scripts that should prove it, and its text.
-/

namespace Lakatos.Mutate

open Lean Meta

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
  /-- Scripts, the most readable first, each as its steps. -/
  scripts : Array (Array String)

/-- A text that cannot be read back, or that nobody would. -/
def unreadable (text : String) : Bool :=
  text.contains '✝' || text.contains '⋯' || text.contains '?'

/-- An expression as Lean reads it back, on one line. -/
def text (e : Expr) : MetaM String := do
  return (← ppExpr e).pretty 1000000

/-- Options under which constants are printed with their full names. -/
def withFullNames (x : MetaM α) : MetaM α :=
  withOptions (fun o => o |>.setBool `pp.fullNames true |>.setBool `pp.privateNames true
    |>.setNat `pp.maxSteps 20000) x

/-- The binders and the conclusion, apart. -/
structure Signature where
  /-- `{α : Type u} (a b : α)`. -/
  binders : String
  /-- What follows the colon. -/
  conclusion : String
  /-- The names of all binders, in order; `_` where it has none that can be written. -/
  names : Array String
  /-- Its universe parameters. -/
  levels : List Name

/-- `.{u} {α : Type u} (a b : α) : a = b`: what follows the name. -/
def Signature.text (s : Signature) : String :=
  let levels := if s.levels.isEmpty then "" else
    ".{" ++ ", ".intercalate (s.levels.map toString) ++ "} "
  levels ++ (if s.binders.isEmpty then "" else s.binders ++ " ") ++ ": " ++ s.conclusion

/-- The statement as a term. -/
def Signature.term (s : Signature) : String :=
  if s.binders.isEmpty then s.conclusion else "∀ " ++ s.binders ++ ", " ++ s.conclusion

/-- Prints a closed type. -/
def signature (type : Expr) : MetaM Signature := withFullNames do
  let levels := (collectLevelParams {} type).params.toList
  forallTelescope type fun xs body => do
    let mut groups : Array String := #[]
    let mut names := #[]
    let mut open? : Option (BinderInfo × String × Array String) := none
    for x in xs do
      let d ← x.fvarId!.getDecl
      let name := toString d.userName
      names := names.push name
      let type ← text d.type
      match open? with
      | some (info, t, ns) =>
        if info == d.binderInfo && t == type && !info.isInstImplicit then
          open? := some (info, t, ns.push name)
          continue
        groups := groups.push (show' info t ns)
      | none => pure ()
      open? := some (d.binderInfo, type, #[name])
    if let some (info, t, ns) := open? then groups := groups.push (show' info t ns)
    return { binders := " ".intercalate groups.toList, conclusion := ← text body, names, levels }
where
  show' (info : BinderInfo) (type : String) (names : Array String) : String :=
    let inner := " ".intercalate names.toList ++ " : " ++ type
    match info with
    | .default => s!"({inner})"
    | .implicit => "{" ++ inner ++ "}"
    | .strictImplicit => s!"⦃{inner}⦄"
    | .instImplicit => if names[0]!.startsWith "inst" then s!"[{type}]" else s!"[{inner}]"

end Lakatos.Mutate
