import Lean

/-!
# What a declaration needs

`Closure.declarations` walks from some constants to everything they use, in types and in values,
stops at the constants of the imported library, and answers kernel declarations in dependency order.
Constructors and recursors are not listed: the kernel derives them again from the inductive types.

Unsafe and partial declarations cannot stand in a proof. They are listed as *unsafe axioms*, which
every later step refuses, so that what refuses them says why.
-/

open Lean

namespace Lakatos.Closure

/-- What the walk knows. `order` holds each declaration after all those that it uses. -/
structure State where
  visited : NameSet := {}
  missing : Array Name := #[]
  order : Array Declaration := #[]

/-- The environment that is walked, and where the walk stops. -/
structure Context where
  env : Environment
  stop : Name → Bool

abbrev M := ReaderT Context <| StateRefT State IO

/-- Whether a constant is one of the imported library's. -/
def isImported (env : Environment) (name : Name) : Bool :=
  (env.getModuleIdxFor? name).isSome

/-- The constants of a type and, where there is one, of a value. -/
def usedBy (type : Expr) (value? : Option Expr := none) : Array Name :=
  match value? with
  | some value => type.getUsedConstants ++ value.getUsedConstants
  | none => type.getUsedConstants

/-- The first type of the mutual block that makes a constructor or recursor. -/
private def ownerOf : ConstantInfo → Option Name
  | .ctorInfo v => some v.induct
  | .recInfo v => v.all.head?
  | _ => none

/-- A mutual block of inductive types as the kernel takes it. -/
private def inductiveBlock (env : Environment) (v : InductiveVal) : Option Declaration := do
  let types ← v.all.mapM fun name => do
    let .inductInfo t ← env.find? name | none
    let ctors ← t.ctors.mapM fun ctor => do
      return { name := ctor, type := (← env.find? ctor).type : Constructor }
    return { name, type := t.type, ctors : InductiveType }
  return .inductDecl v.levelParams v.numParams types v.isUnsafe

/-- Whether a constant holds free variables or unassigned holes. Lean lists a constant before the
kernel has seen it, so these are met where the kernel then refused it. -/
private def hasHoles (ci : ConstantInfo) : Bool :=
  let unfinished (e : Expr) := e.hasFVar || e.hasMVar
  unfinished ci.type || (ci.value? (allowOpaque := true)).any unfinished

private def refused (ci : ConstantInfo) : Declaration :=
  .axiomDecl { name := ci.name, levelParams := ci.levelParams, type := ci.type, isUnsafe := true }

mutual

/-- Lists a constant after all that it uses. -/
partial def visit (name : Name) : M Unit := do
  if (← get).visited.contains name || (← read).stop name then return
  modify fun s => { s with visited := s.visited.insert name }
  let env := (← read).env
  let some ci := env.find? name
    | modify fun s => { s with missing := s.missing.push name }
  if hasHoles ci then
    return (← modify fun s => { s with missing := s.missing.push name })
  if ci.isUnsafe || ci.isPartial then return (← emit (refused ci))
  match ci with
  | .axiomInfo v => visitAll (usedBy v.type); emit (.axiomDecl v)
  | .thmInfo v => visitAll (usedBy v.type v.value); emit (.thmDecl v)
  | .defnInfo v => visitAll (usedBy v.type v.value); emit (.defnDecl v)
  | .opaqueInfo v => visitAll (usedBy v.type v.value); emit (.opaqueDecl v)
  | .quotInfo _ => emit .quotDecl
  | .inductInfo v => visitBlock v
  | .ctorInfo _ | .recInfo _ =>
    match ownerOf ci with
    | some owner => visit owner
    | none => modify fun s => { s with missing := s.missing.push name }

/-- Lists a block of inductive types after all that its types and constructors use. -/
partial def visitBlock (v : InductiveVal) : M Unit := do
  let some block := inductiveBlock (← read).env v
    | modify fun s => { s with missing := s.missing.push v.name }
  let .inductDecl _ _ types _ := block | return
  for t in types do
    modify fun s => { s with visited := s.visited.insert t.name }
  for t in types do
    visitAll (usedBy t.type)
    for ctor in t.ctors do
      visitAll (usedBy ctor.type)
  emit block

partial def visitAll (names : Array Name) : M Unit :=
  names.forM visit

partial def emit (d : Declaration) : M Unit :=
  modify fun s => { s with order := s.order.push d }

end

/-- The declarations that `roots` need and that `stop` does not cover, in dependency order, and the
names that the environment does not have. -/
def declarations (env : Environment) (stop : Name → Bool) (roots : Array Name) :
    IO (Array Declaration × Array Name) := do
  let ((), s) ← (visitAll roots |>.run { env, stop }).run {}
  return (s.order, s.missing)

end Lakatos.Closure
