import Lakatos.Axioms

/-!
# What newer kernels check

The kernel of the Lean at hand may be older than the faults that were found in Lean's kernel. Each of
those let a hand-made declaration, which no elaborator writes, prove `False`: Lean's notes on 4.33 and
4.34 list them, and `docs/trust.md` says which case of the suite stands for which. This module refuses
such declarations whatever kernel there is:

- before the kernel sees a declaration (`fault?`): names that the kernel keeps to itself or has code of
  its own for, projections out of types that might be propositions, inductive types whose sort is
  not written out or that occur in their own constructors with other parameters;
- after it has taken a block of inductive types (`rechecks`): the types of its constructors and
  recursors and the rules of its recursors, to be checked like any other term.

Nothing here accepts anything: what passes is still for the kernel to judge.
-/

open Lean

namespace Lakatos.Guard

/-- Names that the kernel computes with in code of its own, whatever they are declared to be. They are
the library's wherever it is imported whole; where only a part of it is, nobody may declare the rest. -/
def computed : List Name :=
  [``Nat, ``Nat.zero, ``Nat.succ, ``Nat.add, ``Nat.sub, ``Nat.mul, ``Nat.div, ``Nat.mod, ``Nat.gcd,
    ``Nat.beq, ``Nat.ble, ``Nat.land, ``Nat.lor, ``Nat.xor, ``Nat.shiftLeft, ``Nat.shiftRight,
    ``Nat.pow, ``Nat.log2, ``Bool, ``Bool.true, ``Bool.false, ``Char, ``Char.ofNat, ``List,
    ``List.nil, ``List.cons, ``String, `String.mk, `String.ofList, ``Quot, ``Quot.mk, ``Quot.lift,
    ``Quot.ind, ``Eq, `eagerReduce]

/-- Whether the kernel keeps names that begin like this one for what it makes up itself. -/
private def internal (n : Name) : Bool :=
  match n.getRoot with
  | .str _ s => s == "_nested" || s == "_kernel_fresh" || s == "_lakatos"
  | _ => false

/-- Why nobody may declare a name that the imported library does not have. -/
def reserved? (n : Name) : Option String :=
  if internal n then some s!"it declares {n}, a name that is kept for the kernel"
  else if computed.contains n then
    some s!"it declares {n}, which the kernel computes with in its own way; import all of Init"
  else if Axioms.declaredByLean.contains n then
    some s!"it declares {n}, which is an axiom of Lean's library; import all of Init"
  else none

/-- The level of the sort at the end of a type that is written out as binders and a sort, but for
definitions of such types, which are unfolded. -/
private def resultLevel? (lookup : Name → Option ConstantInfo) (e : Expr) (unfold : Nat := 50) :
    Option Level :=
  match e, unfold with
  | .forallE _ _ b _, n => resultLevel? lookup b n
  | .mdata _ e, n => resultLevel? lookup e n
  | .sort l, _ => some l
  | e, n + 1 =>
    match e.getAppFn with
    | .const c us =>
      match lookup c with
      | some (.defnInfo v) =>
        resultLevel? lookup ((v.value.instantiateLevelParams v.levelParams us).beta e.getAppArgs) n
      | _ => none
    | _ => none
  | _, _ => none
termination_by (unfold, e)

/-- Whether it can be read off a level if it is zero. -/
private def decided (l : Level) : Bool :=
  l.isZero || l.isNeverZero

/-- What is wrong with a term's names and projections. `lookup` knows the constants so far. -/
def term? (lookup : Name → Option ConstantInfo) (e : Expr) : Option String :=
  if let some n := e.getUsedConstants.find? internal then
    some s!"it uses {n}, a name that is kept for the kernel"
  else if (e.find? Expr.isProj).isNone then none
  else
    let wrong : Expr → Bool
      | .proj s _ _ =>
        match lookup s with
        | some (.inductInfo v) => internal s || !(resultLevel? lookup v.type).any decided
        | _ => true
      | _ => false
    match e.find? wrong with
    | some (.proj s _ _) => some s!"it projects out of {s}, which might be a proposition"
    | _ => none

/-- The body of a type after `n` binders, for each of which stands a free variable. -/
private def open? : (n : Nat) → Expr → Option (Array Expr × Expr)
  | 0, e => some (#[], e)
  | n + 1, .forallE _ _ b _ => do
    let x := .fvar ⟨.num `_lakatos n⟩
    let (xs, e) ← open? n (b.instantiate1 x)
    return (#[x] ++ xs, e)
  | _, _ => none

/-- Whether the types of a block occur in a constructor's type only with the block's own universe
parameters and parameters. -/
private def uniform (us : List Name) (params : Nat) (names : List Name) (ctor : Expr) : Bool :=
  let levels := us.map mkLevelParam
  match open? params ctor with
  | none => false
  | some (xs, body) =>
    -- Each good occurrence is taken out; one that is left over is not good.
    let good (e : Expr) : Bool :=
      match e.getAppFn with
      | .const n ls => names.contains n && ls == levels && e.getAppNumArgs == params
          && e.getAppArgs == xs
      | _ => false
    let rest := body.replace fun e => if good e then some (.sort .zero) else none
    (rest.find? fun | .const n _ => names.contains n | _ => false).isNone

private def block? (lookup : Name → Option ConstantInfo) (us : List Name) (params : Nat)
    (types : List InductiveType) : Option String := do
  let names := types.map (·.name)
  for t in types do
    let some l := resultLevel? lookup t.type
      | return s!"the sort of the inductive type {t.name} is not written out"
    if !decided l && !l.hasParam then
      return s!"the sort of the inductive type {t.name} is a roundabout way to write Prop"
    for c in t.ctors do
      unless uniform us params names c.type do
        return s!"{t.name} occurs in {c.name} with other parameters than its own"
  none

/-- What a newer kernel, or this one in a larger library, would not accept. -/
def fault? (lookup : Name → Option ConstantInfo) (declared : List Name) (parts : List Expr)
    (d : Declaration) : Option String :=
  declared.findSome? reserved? <|> parts.findSome? (term? lookup) <|>
    match d with
    | .inductDecl us n types _ => block? lookup us n types
    | _ => none

/-- Binders around `body`, whose free variables they bind: `xs` with their types. -/
private def binders (pi : Bool) (xs : Array (Expr × Expr)) (body : Expr) : Expr :=
  let vars := xs.map (·.1)
  xs.size.fold (init := body.abstract vars) fun k h acc =>
    let i := xs.size - 1 - k
    let type := (xs[i]'(by omega)).2.abstractRange i vars
    if pi then .forallE `x type acc .default else .lam `x type acc .default

/-- The first `n` binders of a type opened: a free variable for each with its type, and the rest. -/
private def telescope (tag : Name) (n : Nat) (type : Expr) : Option (Array (Expr × Expr) × Expr) :=
  go n type #[]
where
  go : Nat → Expr → Array (Expr × Expr) → Option (Array (Expr × Expr) × Expr)
    | 0, e, xs => some (xs, e)
    | n + 1, .forallE _ t b _, xs =>
      let x := .fvar ⟨.num tag xs.size⟩
      go n (b.instantiate1 x) (xs.push (x, t))
    | _, _, _ => none

/-- The type that a recursor's rule must have: what the recursor promises of the rule's constructor,
under the parameters, motives, minor premises and fields. -/
private def ruleType (lookup : Name → Option ConstantInfo) (v : RecursorVal) (rule : RecursorRule) :
    Option Expr := do
  let .ctorInfo ctor ← lookup rule.ctor | none
  let shared := v.numParams + v.numMotives + v.numMinors
  let (xs, rest) ← telescope `_lakatos_x shared v.type
  let (indices, rest) ← telescope `_lakatos_i v.numIndices rest
  let .forallE _ majorType promise _ := rest | none
  let .const _ us := majorType.getAppFn | none
  let params := majorType.getAppArgs.extract 0 ctor.numParams
  let type ← applied? (ctor.type.instantiateLevelParams ctor.levelParams us) params.toList
  let (fields, made) ← telescope `_lakatos_f rule.nfields type
  let major := mkAppN (mkAppN (.const rule.ctor us) params) (fields.map (·.1))
  let actual := made.getAppArgs.extract ctor.numParams made.getAppNumArgs
  guard (actual.size == indices.size)
  let promised := (promise.instantiate1 major).replaceFVars (indices.map (·.1)) actual
  return binders true (xs ++ fields) promised
where
  applied? : Expr → List Expr → Option Expr
    | e, [] => some e
    | .forallE _ _ b _, a :: as => applied? (b.instantiate1 a) as
    | _, _ => none

/-- The name under which something is checked again; nothing stays in the environment under it. -/
private def again : Name := `_lakatos.again

/-- That something is a type, as the kernel can be asked. -/
private def isType (us : List Name) (type : Expr) : Declaration :=
  .thmDecl {
    name := again, levelParams := us
    type := .forallE `x type (mkConst ``True) .default
    value := .lam `x type (mkConst ``True.intro) .default }

/-- The recursors of a block of inductive types. -/
private def recursors (lookup : Name → Option ConstantInfo) (types : List InductiveType) :
    List RecursorVal :=
  let nested := match types.head?.bind (lookup ·.name) with
    | some (.inductInfo v) => (List.range v.numNested).map fun i =>
      Name.str v.name s!"rec_{i + 1}"
    | _ => []
  (types.map (Name.str ·.name "rec") ++ nested).filterMap fun n =>
    match lookup n with
    | some (.recInfo v) => some v
    | _ => none

/-- What is to be checked again once the kernel has taken a block of inductive types: each of these must
be a declaration that the kernel would take. `none` where a recursor is not what it should be. -/
def rechecks (lookup : Name → Option ConstantInfo) : Declaration → Option (List Declaration)
  | .inductDecl us _ types _ => do
    let made := types.flatMap fun t => (t.type :: t.ctors.map (·.type)).map (isType us)
    let recursors ← (recursors lookup types).mapM fun v => do
      let rules ← v.rules.mapM fun rule => do
        return .defnDecl {
          name := again, levelParams := v.levelParams, type := ← ruleType lookup v rule
          value := rule.rhs, hints := .opaque, safety := .safe }
      return isType v.levelParams v.type :: rules
    return made ++ recursors.flatten
  | _ => some []

end Lakatos.Guard
