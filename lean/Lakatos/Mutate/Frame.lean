import Lean

/-!
# What the drafts of a target share

Drafts of a target have most of their binders in common. A binder that stands behind the same binders is
one *place* here: it has one free variable, is printed once and read back once, whatever number of drafts
it occurs in. Printed terms are kept by expression, so that the states of proofs, too, print only what
changed.
-/

namespace Lakatos.Mutate

open Lean Meta Elab

/-- Options under which constants are printed with their full names. -/
def withFullNames (x : MetaM α) : MetaM α :=
  withOptions (fun o => o |>.setBool `pp.fullNames true |>.setBool `pp.privateNames true |>.setBool `pp.structureInstanceTypes true
    |>.setNat `pp.maxSteps 20000) x

/-- A binder behind certain others. -/
structure Place where
  /-- Its free variable. -/
  x : Expr
  name : Name
  info : BinderInfo
  type : Expr
  /-- The type as text, on one line. -/
  text : String
  /-- Whether it is a hypothesis: a proposition, and no instance. -/
  hypothesis : Bool
  /-- Whether it is an instance. -/
  isInstance : Bool
  /-- The context that ends with it. -/
  lctx : LocalContext
  instances : LocalInstances

/-- Where a place stands: behind the place of that number (0: it is the first), so named, bound and typed. -/
private abbrev Key := Nat × Name × Expr

/-- The places of a target's drafts. -/
structure Frame where
  places : IO.Ref (Array Place)
  numbers : IO.Ref (Std.HashMap Key Nat)
  formats : IO.Ref (Std.HashMap Expr Format)
  /-- The finisher that closes a conclusion without its hypotheses. -/
  closed : IO.Ref (Std.HashMap Expr (Option String))
  /-- Whether a place's text reads as its type. -/
  read : IO.Ref (Std.HashMap Nat Bool)

/-- Without any place. -/
def Frame.new : BaseIO Frame :=
  return { places := ← IO.mkRef #[], numbers := ← IO.mkRef {}, formats := ← IO.mkRef {}, closed := ← IO.mkRef {}
           read := ← IO.mkRef {} }

/-- An expression as Lean prints it in the context at hand. -/
def Frame.format (f : Frame) (e : Expr) : MetaM Format := do
  if let some known := (← f.formats.get)[e]? then return known
  let new ← withFullNames (ppExpr e)
  f.formats.modify (·.insert e new)
  return new

/-- On one line. -/
def Frame.text (f : Frame) (e : Expr) : MetaM String :=
  return (← f.format e).pretty 1000000

private def infoNumber : BinderInfo → Nat
  | .default => 0
  | .implicit => 1
  | .strictImplicit => 2
  | .instImplicit => 3

/-- A closed type taken apart. -/
structure Opened where
  /-- The numbers of its places, which count from 1. -/
  numbers : Array Nat
  places : Array Place
  conclusion : Expr

/-- Runs `x` in the context of all binders. -/
def Opened.within (o : Opened) (x : TermElabM α) : TermElabM α :=
  match o.places.back? with
  | some last => withLCtx last.lctx last.instances x
  | none => x

/-- The hypotheses' types. -/
def Opened.hypotheses (o : Opened) : Array Expr :=
  o.places.filterMap fun p => if p.hypothesis then some p.type else none

/-- Takes a closed type apart, each binder at its place. -/
def Frame.open (f : Frame) (type : Expr) : MetaM Opened := do
  let mut rest := type
  let mut parent := 0
  let mut numbers := #[]
  let mut places : Array Place := #[]
  let mut xs : Array Expr := #[]
  repeat
    let .forallE name t b info := rest | break
    let t := t.instantiateRev xs
    let key := (parent * 4 + infoNumber info, name, t)
    let number ← match (← f.numbers.get)[key]? with
      | some number => pure number
      | none =>
        let (lctx, instances) := match places.back? with
          | some last => (last.lctx, last.instances)
          | none => ({}, {})
        let place ← withLCtx lctx instances do
          let prop ← isProp t
          let isInstance := info.isInstImplicit || (← isClass? t).isSome
          let text ← f.text t
          withLocalDecl name info t fun x => do
            return { x, name, info, type := t, text, hypothesis := prop && !isInstance, isInstance
                     lctx := ← getLCtx, instances := ← getLocalInstances : Place }
        f.places.modify (·.push place)
        let number := (← f.places.get).size
        f.numbers.modify (·.insert key number)
        pure number
    let some place := (← f.places.get)[number - 1]? | break
    numbers := numbers.push number
    places := places.push place
    xs := xs.push place.x
    parent := number
    rest := b
  return { numbers, places, conclusion := rest.instantiateRev xs }

/-- A goal as Lean prints it, with full names; hypotheses and target that were printed before are not
printed again. -/
def Frame.goal (f : Frame) (goal : MVarId) : MetaM String := goal.withContext do
  let mut groups : Array (Array Name × Expr) := #[]
  for d? in (← getLCtx).decls do
    let some d := d? | continue
    if d.isAuxDecl || d.isImplementationDetail then continue
    -- What a local definition or a name that cannot be written looks like is Lean's to say.
    if d.isLet || d.userName.hasMacroScopes then return (← withFullNames (ppGoal goal)).pretty
    let type ← instantiateMVars d.type
    match groups.back? with
    | some (names, t) =>
      if t == type then groups := groups.pop.push (names.push d.userName, t)
      else groups := groups.push (#[d.userName], type)
    | none => groups := #[(#[d.userName], type)]
  let mut all : Format := .nil
  for (names, type) in groups do
    let named := Format.joinSep (names.toList.map (toString ·)) " "
    all := all ++ (named ++ " :" ++ Format.nest 2 (Format.line ++ (← f.format type))).group ++ Format.line
  let target ← f.format (← instantiateMVars (← goal.getType))
  let tag := (← goal.getTag).eraseMacroScopes
  let shown := all ++ "⊢ " ++ Format.nest 2 target
  return (if tag.isAnonymous then shown else "case " ++ toString tag ++ Format.line ++ shown).pretty

end Lakatos.Mutate
