import Lakatos.Suggest.Common

/-!
# A theorem that is rewritten

Its type under names that a script can use, and the text of its use.
-/

namespace Lakatos.Mutate

open Lean Meta

/-- A theorem of the library. -/
structure Target where
  /-- Its full name. -/
  name : Name
  /-- Its universe parameters. -/
  levels : List Name
  /-- Its type: every binder has a name of its own that can be written. -/
  type : Expr
  /-- The names that its binders have in the library, for named arguments. -/
  original : Array Name

/-- Gives the outer binders names that can be written and that differ from one another. -/
partial def renamed (type : Expr) : MetaM (Expr × Array Name) :=
  forallTelescope type fun xs body => do
    let mut lctx ← getLCtx
    let mut used : NameSet := {}
    let mut original := #[]
    for x in xs do
      let d ← x.fvarId!.getDecl
      original := original.push d.userName
      let writable := !d.userName.hasMacroScopes && !d.userName.isInternal && d.userName.isAtomic
        && !d.userName.isAnonymous
      let base : Name ← if writable then pure d.userName
        else if d.binderInfo.isInstImplicit then pure `inst
        else if d.type.isSort && !d.type.isProp then pure `α
        else pure (if ← isProp d.type then `h else `x)
      let name := fresh base used
      used := used.insert name
      lctx := lctx.setUserName x.fvarId! name
    let type ← withLCtx lctx (← getLocalInstances) (mkForallFVars xs body)
    return (type, original)
where
  fresh (base : Name) (used : NameSet) : Name := Id.run do
    if !used.contains base then return base
    for i in [1:100] do
      let name := base.appendAfter s!"_{i}"
      if !used.contains name then return name
    return base

/-- Where theorems are about the library's own workings, which nobody would want to read of. -/
private def workings : List Name :=
  [`Std.PRange, `Nat.Simproc, `Int.Simproc, `Int.Linear, `Nat.Linear, `Nat.SOM]

/-- Whether the name says that it is about workings: `….Internal.…`, a tail-recursive twin, an unfolding. -/
private def isInner : Name → Bool
  | .str p s =>
    ["Internal", "Impl", "eq_def"].contains s || s.endsWith "TR" || s.endsWith "TRAux" || isInner p
  | .num p _ => isInner p
  | .anonymous => false

/-- Whether a person might use this theorem. -/
def isUsable (env : Environment) (name : Name) : Bool :=
  Suggest.isNameable env name && !workings.any (·.isPrefixOf name) && !isInner name

/-- A type without the defaults of its outer binders (`(h : 0 < n := by omega)`), which say nothing of what is stated. -/
def withoutDefaults : Expr → Expr
  | .forallE name domain body info => .forallE name domain.cleanupAnnotations (withoutDefaults body) info
  | e => e

/-- The theorem `name`, if it is one that a person could name. -/
def Target.of? (name : Name) : MetaM (Option Target) := do
  let some info := (← getEnv).find? name | return none
  unless ← isProp info.type do return none
  let (type, original) ← renamed (withoutDefaults info.type)
  return some { name, levels := info.levelParams, type, original }

/-- The theorem applied to these arguments, explicit ones by position; those that the explicit ones do not
determine by name. `texts` are the arguments' texts. -/
def Target.use (t : Target) (texts : Array String) : MetaM String :=
  forallTelescope t.type fun xs _ => do
    let decls ← xs.mapM (·.fvarId!.getDecl)
    let explicit := decls.filter (·.binderInfo.isExplicit)
    let mut text := toString t.name
    for h : i in [0:decls.size] do
      let d := decls[i]
      let argument := texts[i]?.getD "_"
      if d.binderInfo.isExplicit then text := text ++ " " ++ argument
      else if !d.binderInfo.isInstImplicit && !(explicit.any (·.type.containsFVar d.fvarId)) then
        let name := t.original[i]?.getD .anonymous
        unless name.hasMacroScopes || name.isAnonymous do
          text := text ++ s!" ({name} := {argument})"
    return text

end Lakatos.Mutate
