import Lakatos.GoalHash

/-!
# The hash by which statements count as the same

A digest of a closed type that sees neither names, nor which instances were found, nor the order of
hypotheses: universe parameters count by their first occurrence, an instance argument as nothing but an
instance, and the hypotheses among the binders as a set.
-/

namespace Lakatos.Mutate

open Lean Meta

/-- Which arguments of a constant are instances, by its type's binders. -/
private def instanceMask (type : Expr) : Array Bool :=
  go type #[]
where
  go : Expr → Array Bool → Array Bool
    | .forallE _ _ b info, acc => go b (acc.push info.isInstImplicit)
    | _, acc => acc

/-- `e` with every instance argument of a constant in the place of which `_` stands. -/
private partial def withoutInstances (env : Environment) (e : Expr) : StateM (NameMap (Array Bool)) Expr := do
  match e with
  | .app .. =>
    let f := e.getAppFn
    let args := e.getAppArgs
    let mask ← match f with
      | .const n _ =>
        match (← get).find? n with
        | some mask => pure mask
        | none =>
          let mask := ((env.find? n).map fun info => instanceMask info.type).getD #[]
          modify (·.insert n mask)
          pure mask
      | _ => pure #[]
    let mut new := ← withoutInstances env f
    for h : i in [0:args.size] do
      let a ← if mask[i]?.getD false then pure (mkConst `_) else withoutInstances env args[i]
      new := mkApp new a
    return new
  | .lam n t b i => return .lam n (← withoutInstances env t) (← withoutInstances env b) i
  | .forallE n t b i => return .forallE n (← withoutInstances env t) (← withoutInstances env b) i
  | .letE n t v b d =>
    return .letE n (← withoutInstances env t) (← withoutInstances env v) (← withoutInstances env b) d
  | .mdata _ b => withoutInstances env b
  | .proj s i b => return .proj s i (← withoutInstances env b)
  | _ => return e

/-- The digest of a closed type. -/
def normalHash (type : Expr) : MetaM String := do
  let env ← getEnv
  let plain := ((withoutInstances env type).run {}).1
  let levels := (collectLevelParams {} plain).params.toList
  let prop ← forallTelescope type fun xs _ => xs.mapM fun x => do
    return (← isProp (← inferType x)) && !(← isClass? (← inferType x)).isSome
  -- The telescope of the plain type, without asking what its parts are.
  let mut context ← GoalHash.Context.new levels
  let mut rest := plain
  let mut xs : Array Expr := #[]
  let mut data : Array Digest := #[]
  let mut hypotheses : Array Digest := #[]
  for h : i in [0:prop.size] do
    let .forallE _ t b _ := rest | break
    let x : FVarId := ⟨.num `_x i⟩
    let d ← GoalHash.hashExpr context (t.instantiateRev xs)
    if prop[i] then hypotheses := hypotheses.push d else data := data.push d
    -- Proofs are all alike; a variable counts by its place among the variables.
    let place := if prop[i] then 0xfffff else data.size
    context := { context with fvars := context.fvars.insert x place }
    xs := xs.push (.fvar x)
    rest := b
  let sorted := hypotheses.qsort fun a b => a.high < b.high || (a.high == b.high && a.low < b.low)
  let conclusion ← GoalHash.hashExpr context (rest.instantiateRev xs)
  let all := (data ++ #[Digest.ofUInt64 sorted.size.toUInt64] ++ sorted).foldl (·.mix ·) (Digest.ofUInt64 17)
  return (all.mix conclusion).toHex

end Lakatos.Mutate
