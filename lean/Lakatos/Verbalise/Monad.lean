import Lakatos.Verbalise.Phrases

/-!
# What is kept while a statement is read out

Names that are in use, the conventions that came up, and the *facts*: numbers, relations, quantifiers,
operations and types in the order of their occurrence, which programs compare with an informal text.
-/

namespace Lakatos.Verbalise

open Lean Meta

/-- A quantifier over a variable that is no proof and no instance. -/
structure Quantifier where
  /-- `forall`, `exists` or `exists_unique`. -/
  kind : String
  /-- The variable's name. -/
  name : String
  /-- What it ranges over. -/
  range : String

/-- What occurs in a statement, in the order of its occurrence. -/
structure Facts where
  /-- Numerals as they stand, without a sign. -/
  numbers : Array String := #[]
  /-- `=`, `<`, `divides`, …: symbols and constants. -/
  relations : Array String := #[]
  /-- Quantifiers. -/
  quantifiers : Array Quantifier := #[]
  /-- Constants of operations. -/
  operations : Array String := #[]
  /-- Heads of the types of variables. -/
  types : Array String := #[]
  /-- Connectives: `and`, `or`, `not`, `iff`, `implies`. -/
  connectives : Array String := #[]

/-- What is kept. -/
structure State where
  /-- The facts. -/
  facts : Facts := {}
  /-- The conventions that came up, by their place in the table; those after it are sentences of
  their own. -/
  conventions : Array (String × String) := #[]

/-- The monad in which statements are read out. -/
abbrev SayM := StateRefT State MetaM

/-- The ways of reading an expression out, which need one another. -/
structure Voice where
  /-- A term. -/
  term : Expr → SayM Said
  /-- A proposition. -/
  prop : Expr → SayM Said
  /-- What the elements of a type are called. -/
  noun : Expr → SayM Noun

/-- Notes a fact. -/
def note (f : Facts → Facts) : SayM Unit :=
  modify fun s => { s with facts := f s.facts }

/-- Notes a convention, once. -/
def noteConvention (key text : String) : SayM Unit :=
  modify fun s =>
    if s.conventions.any (·.2 == text) then s
    else { s with conventions := s.conventions.push (key, text) }

/-- A numeral, whichever way it is written. -/
def numeral? (e : Expr) : Option Nat :=
  match e with
  | .lit (.natVal n) => some n
  | _ =>
    if e.isConstOf `Nat.zero then some 0
    else if e.isAppOfArity `OfNat.ofNat 3 then
      match e.getArg! 1 with
      | .lit (.natVal n) => some n
      | _ => none
    else none

/-- Notes the conventions of an operation on a type. -/
def noteOperation (op : Name) (type? : Option Name) (operands : Array Expr) : SayM Unit := do
  let given := ((operands[1]?.bind numeral?).getD 0) != 0
  for c in conventions do
    if c.op == op && (c.type.isNone || c.type == type?) then
      if let some said := if given then c.divisorGiven else some c.note then noteConvention c.key said
  if let some type := type? then
    let arithmetic := [`HAdd.hAdd, `HSub.hSub, `HMul.hMul, `HPow.hPow, `Neg.neg]
    if wrapping.contains type && arithmetic.contains op then
      noteConvention "wraps_around" s!"Arithmetic in {type} wraps around."

/-- A name for a bound variable that nothing in scope has: its own, without marks of hygiene, with
primes where it is taken. -/
partial def freshName (binder : Name) (fallback : Name := `x) : MetaM Name := do
  let lctx ← getLCtx
  let base := binder.eraseMacroScopes.getRoot
  let base := if base.isAnonymous || base.isInternal then fallback else base
  let rec go (n : Name) : Name :=
    if lctx.usesUserName n then go (n.appendAfter "'") else n
  return go base

/-- Runs `k` with a variable of the type, under a name that is free. -/
def withVariable (binder : Name) (info : BinderInfo) (type : Expr) (k : Expr → SayM α) : SayM α := do
  let fallback := if ← isProp type then `h else `x
  withLocalDecl (← freshName binder fallback) info type k

/-- Runs `k` with variables for the arguments of a function type, under names that are free. -/
partial def withArguments (type : Expr) (k : Array Expr → Expr → SayM α) (done : Array Expr := #[]) :
    SayM α := do
  match type.consumeMData with
  | .forallE binder domain body info =>
    withVariable binder info domain fun x => withArguments (body.instantiate1 x) k (done.push x)
  | t => k done t

/-- Likewise for the arguments of a function that is written out. -/
partial def withParameters (value : Expr) (k : Array Expr → Expr → SayM α) (done : Array Expr := #[]) :
    SayM α := do
  match value.consumeMData with
  | .lam binder domain body info =>
    withVariable binder info domain fun x => withParameters (body.instantiate1 x) k (done.push x)
  | t => k done t

/-- A variable's name as it is written. -/
def nameOf (x : Expr) : MetaM String := do
  return toString (← x.fvarId!.getUserName)

/-- The explicit arguments of an application of a constant, and those implicit ones that no explicit
one tells, by name. -/
def explicitArguments (head : Expr) (arguments : Array Expr) : MetaM (Array Expr × Array (Name × Expr)) := do
  let mut type ← inferType head
  let mut explicit := #[]
  let mut silent := #[]
  for a in arguments do
    type := type.consumeMData
    unless type.isForall do type ← whnf type
    match type with
    | .forallE name _ body info =>
      if info.isExplicit then explicit := explicit.push a
      else if info == .implicit || info == .strictImplicit then
        unless told body do silent := silent.push (name, a)
      type := body.instantiate1 a
    | _ => explicit := explicit.push a
  return (explicit, silent)
where
  /-- Whether the variable that was just bound occurs in the type of an explicit one after it. -/
  told (body : Expr) (index : Nat := 0) : Bool :=
    match body with
    | .forallE _ type rest info =>
      (info.isExplicit && type.hasLooseBVar index) || told rest (index + 1)
    | .mdata _ e => told e index
    | _ => false

/-- The constant at the head of a type. -/
def headOf (type : Expr) : Option Name :=
  type.consumeMData.getAppFn.constName?

end Lakatos.Verbalise
