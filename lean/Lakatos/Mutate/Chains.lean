import Lakatos.Mutate.Target

/-!
# Theorems by what they suppose

Lean's trees find theorems by their conclusions. For the composition of two theorems they are wanted by
their hypotheses. A hypothesis counts by its relation, the head of its type and those of its last two
arguments, of which variables fit everything; unification decides.
-/

namespace Lakatos.Mutate

open Lean Meta

/-- Relation, type, the last two arguments; `_` fits everything. -/
private abbrev Key := Name × Name × Name × Name

/-- A theorem, and which of its binders is the hypothesis. -/
structure Chains where
  private entries : Std.HashMap Key (Array (Name × Nat)) := {}

private def anything : Name := `_

private def head (e : Expr) : Name :=
  match e.getAppFn with
  | .const n _ => n
  | .lit _ => `lit
  | .lam .. => `fun
  | .forallE .. => `forall
  | .sort _ => `sort
  | .mdata _ e => match e.getAppFn with
    | .const n _ => n
    | _ => anything
  | _ => anything

/-- Relations that are left to other rules, or to no rule: rewriting is better with equations. -/
private def leftOut : List Name := [``Eq, ``Iff, ``HEq, ``And, ``Or, ``Not, ``Exists, ``Ne, ``True, ``False]

private def key? (e : Expr) : Option Key := do
  let .const relation _ := e.getAppFn | none
  guard !(leftOut.contains relation)
  let args := e.getAppArgs
  guard (args.size > 0)
  let last := args.back!
  let before := if args.size ≥ 2 then head args[args.size - 2]! else anything
  return (relation, head args[0]!, before, head last)

/-- The index of the usable theorems of the library's imports. -/
def Chains.ofLibrary (env : Environment) : Chains := Id.run do
  let mut entries : Std.HashMap Key (Array (Name × Nat)) := {}
  let candidates := env.constants.map₁.fold (init := #[]) fun found name info =>
    match info with
    | .thmInfo _ | .axiomInfo _ =>
      let library := ((env.getModuleIdxFor? name).bind fun i => env.header.moduleNames[i]?).any fun m =>
        m.getRoot != `Lean && m.getRoot != `Lake
      if library && supposes info.type then found.push (name, info.type) else found
    | _ => found
  let usable := candidates.filter fun (name, _) => isUsable env name
  let sorted := usable.qsort fun a b => Name.quickLt a.1 b.1
  for (name, type) in sorted do
    let mut rest := type
    let mut place := 0
    repeat
      let .forallE _ t b info := rest | break
      if info.isExplicit then
        if let some key := key? t then
          -- A variable of which the rest speaks is no hypothesis.
          unless b.hasLooseBVar 0 do
            entries := entries.insert key ((entries.getD key #[]).push (name, place))
      place := place + 1
      rest := b
  return { entries }
where
  supposes : Expr → Bool
    | .forallE _ t b info => (info.isExplicit && !b.hasLooseBVar 0 && (key? t).isSome) || supposes b
    | _ => false

/-- The theorems that may have `e` for a hypothesis: those that fit little else first, in an order that the
seed turns. -/
def Chains.after (c : Chains) (e : Expr) (seed : Nat) : Array (Name × Nat) := Id.run do
  let some (relation, type, left, right) := key? e | return #[]
  let mut found := #[]
  let options (n : Name) := if n == anything then [n] else [n, anything]
  for (l, r) in [(left, right), (left, anything), (anything, right), (anything, anything)] do
    for t in options type do
      let new := c.entries.getD (relation, t, l, r) #[]
      if new.size > 0 then
        let turn := seed % new.size
        found := found ++ new.extract turn new.size ++ new.extract 0 turn
  let mut seen : Std.HashSet (Name × Nat) := {}
  let mut distinct := #[]
  for one in found do
    unless seen.contains one do
      seen := seen.insert one
      distinct := distinct.push one
  return distinct

end Lakatos.Mutate
