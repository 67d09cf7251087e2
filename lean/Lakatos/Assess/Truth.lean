import Lean

/-!
# The truth of small instances

A proposition over variables of simple types is taken apart into connectives, quantifiers and *atoms*, each
with its decision procedure, once. Then it is evaluated on small values in three-valued logic: `some true`
and `some false` are facts (the kernel reduced every decision), `none` says that it is not known. A
quantifier over an infinite type is known only where one value settles it.
-/

namespace Lakatos.Assess

open Lean Meta

/-- A proposition, taken apart. -/
inductive Node where
  /-- A Boolean expression over variables, for the kernel to reduce. -/
  | atom (test : Expr)
  /-- A variable that stands for a proposition. -/
  | proposition (id : FVarId)
  /-- `True` or `False`. -/
  | known (value : Bool)
  /-- `A ∧ B`. -/
  | and (a b : Node)
  /-- `A ∨ B`. -/
  | or (a b : Node)
  /-- `¬ A`. -/
  | not (a : Node)
  /-- `A → B`. -/
  | imp (a b : Node)
  /-- `A ↔ B`. -/
  | iff (a b : Node)
  /-- `∀ x, A`. -/
  | all (x : FVarId) (values : Array Expr) (complete : Bool) (a : Node)
  /-- `∃ x, A`. -/
  | ex (x : FVarId) (values : Array Expr) (complete : Bool) (a : Node)
  /-- Nothing is known. -/
  | unknown
  deriving Inhabited

/-- Small values of a type, simplest first; the Boolean says whether these are all. -/
def smallValues? (type : Expr) (count : Nat) : Option (Array Expr × Bool) :=
  match type.consumeMData with
  | .const `Nat _ => some ((Array.range count).map mkNatLit, false)
  | .const `Int _ =>
    let value (i : Nat) : Expr :=
      if i % 2 == 0 then mkIntLit (i / 2 : Nat) else mkIntLit (-((i + 1) / 2 : Nat) : Int)
    some ((Array.range count).map value, false)
  | .const `Bool _ => some (#[mkConst `Bool.true, mkConst `Bool.false], true)
  | .sort .zero => some (#[mkConst `True, mkConst `False], true)
  | .app (.const `List [u]) (.const `Nat _) =>
    let nil := mkApp (mkConst `List.nil [u]) (mkConst `Nat)
    let cons (n : Nat) (l : Expr) : Expr := mkApp3 (mkConst `List.cons [u]) (mkConst `Nat) (mkNatLit n) l
    let lists : List (List Nat) :=
      [[], [0], [1], [0, 1], [1, 0], [2], [1, 1], [2, 1, 2], [0, 2, 1], [3, 1, 2, 0]]
    some (((lists.take count).map fun l => l.foldr cons nil).toArray, false)
  | _ => none

/-- The term with the operators of classes unfolded to their types' own: `a + b` to `Nat.add a b`, `3` to the
literal. The kernel would unfold them anew for every instance. -/
def lighter (e : Expr) : MetaM Expr :=
  Meta.transform e (post := fun e => do
    let .const name _ := e.getAppFn | return .done e
    let some info ← getProjectionFnInfo? name | return .done e
    unless info.fromClass do return .done e
    return .done (← whnfI e))

/-- The Boolean functions that the kernel computes comparisons with: `=`, `≤` and `<` of a type of numbers, whose
instances have these names. -/
private def comparisons (type : Expr) : Option (Name × Name × Name × Name × Name) :=
  if type.isConstOf `Nat then some (`Nat.beq, `Nat.ble, `Nat.blt, `instLENat, `instLTNat)
  else if type.isConstOf `Int then some (`Int.beq', `Int.ble', `Int.blt', `Int.instLEInt, `Int.instLTInt)
  else none

/-- A Boolean expression that says whether a proposition is decided to be true; `none` where it is not
decidable. Comparisons of numbers are those that the kernel computes with its own arithmetic. -/
def atom? (e : Expr) : MetaM (Option Expr) := do
  let env ← getEnv
  let binary (f : Name) (a b : Expr) : MetaM (Option Expr) := do
    unless (env.find? f).any (·.hasValue) do return none
    return some (mkApp2 (mkConst f) (← lighter a) (← lighter b))
  let fast? ← match_expr e with
    | Eq α a b => match comparisons α with
      | some (eq, _) => binary eq a b
      | none => pure none
    | LE.le α i a b => le? binary α i a b
    | GE.ge α i a b => le? binary α i b a
    | LT.lt α i a b => lt? binary α i a b
    | GT.gt α i a b => lt? binary α i b a
    | Dvd.dvd α i a b =>
      if α.isConstOf `Nat && i.isConstOf `Nat.instDvd then
        binary `Nat.beq (mkApp2 (mkConst `Nat.mod) b a) (mkRawNatLit 0)
      else if α.isConstOf `Int && i.isConstOf `Int.instDvdInt then
        binary `Int.beq' (mkApp2 (mkConst `Int.emod) b a) (mkIntLit 0)
      else pure none
    | _ => pure none
  if fast?.isSome then return fast?
  let some decision ← (try synthInstance? (mkApp (mkConst `Decidable) e) catch _ => pure none) | return none
  return some (mkApp2 (mkConst `Decidable.decide) e (← lighter (← instantiateMVars decision)))
where
  le? (binary : Name → Expr → Expr → MetaM (Option Expr)) (α i a b : Expr) : MetaM (Option Expr) :=
    match comparisons α with
    | some (_, le, _, instance_, _) => if i.isConstOf instance_ then binary le a b else pure none
    | none => pure none
  lt? (binary : Name → Expr → Expr → MetaM (Option Expr)) (α i a b : Expr) : MetaM (Option Expr) :=
    match comparisons α with
    | some (_, _, lt, _, instance_) => if i.isConstOf instance_ then binary lt a b else pure none
    | none => pure none

/-- Takes a proposition apart. `inner` is how many values an inner quantifier tries. -/
partial def compile (e : Expr) (inner : Nat) : MetaM Node := do
  let e := (← instantiateMVars e).consumeMData.headBeta
  match e with
  | .fvar id => return .proposition id
  | .forallE name type body info =>
    if ← isProp type then
      if body.hasLooseBVars then return .unknown
      return .imp (← compile type inner) (← compile body inner)
    quantifier type .all fun k => withLocalDecl name info type fun x => do
      k x.fvarId! (← compile (body.instantiate1 x) inner)
  | _ =>
    if e.isConstOf `True then return .known true
    if e.isConstOf `False then return .known false
    if e.isAppOfArity `And 2 then return .and (← compile (e.getArg! 0) inner) (← compile (e.getArg! 1) inner)
    if e.isAppOfArity `Or 2 then return .or (← compile (e.getArg! 0) inner) (← compile (e.getArg! 1) inner)
    if e.isAppOfArity `Not 1 then return .not (← compile (e.getArg! 0) inner)
    if e.isAppOfArity `Ne 3 then
      return .not (← compile (mkApp3 (mkConst `Eq e.getAppFn.constLevels!) (e.getArg! 0) (e.getArg! 1) (e.getArg! 2)) inner)
    if e.isAppOfArity `Iff 2 then return .iff (← compile (e.getArg! 0) inner) (← compile (e.getArg! 1) inner)
    if e.isAppOfArity `Exists 2 then
      let type := e.getArg! 0
      let predicate := e.getArg! 1
      if ← isProp type then return .unknown
      return ← quantifier type .ex fun k => withLocalDecl `x .default type fun x => do
        k x.fvarId! (← compile (predicate.beta #[x]) inner)
    return (← atom? e).elim .unknown .atom
where
  quantifier (type : Expr) (make : FVarId → Array Expr → Bool → Node → Node)
      (under : (FVarId → Node → MetaM Node) → MetaM Node) : MetaM Node := do
    let some (values, complete) := smallValues? type inner | return .unknown
    let values ← values.mapM lighter
    under fun x node => return make x values complete node

/-- Values of variables, in one order. -/
structure Assignment where
  /-- The variables. -/
  variables : Array Expr := #[]
  /-- Their values. -/
  values : Array Expr := #[]

namespace Assignment

/-- One more variable with its value. -/
def push (a : Assignment) (x : FVarId) (value : Expr) : Assignment :=
  { variables := a.variables.push (.fvar x), values := a.values.push value }

/-- The value of a variable. -/
def find? (a : Assignment) (x : FVarId) : Option Expr := do
  a.values[← a.variables.findIdx? (·.fvarId! == x)]?

end Assignment

/-- `e` with the values in place of the variables. All of it is Lean's compiled code: this is done for
every atom of every instance. -/
def substitute (e : Expr) (a : Assignment) : Expr :=
  e.replaceFVars a.variables a.values

private def andThen : Option Bool → Option Bool → Option Bool
  | some false, _ | _, some false => some false
  | some true, some true => some true
  | _, _ => none

private def negated (a : Option Bool) : Option Bool := a.map (!·)

/-- What the kernel reduces a closed Boolean expression to. -/
def reduceBool (e : Expr) : MetaM (Option Bool) := do
  if e.hasFVar || e.hasMVar then return none
  match Kernel.whnf (← getEnv) {} e with
  | .ok v =>
    if v.isConstOf `Bool.true then return some true
    if v.isConstOf `Bool.false then return some false
    return none
  | .error _ => return none

/-- Evaluates with the variables' values; `fuel` counts atoms. -/
partial def evaluate (node : Node) (values : Assignment) : StateRefT Nat MetaM (Option Bool) := do
  match node with
  | .unknown => return none
  | .known b => return some b
  | .proposition id =>
    match values.find? id with
    | some v => return if v.isConstOf `True then some true else if v.isConstOf `False then some false else none
    | none => return none
  | .atom test =>
    if (← get) == 0 then return none
    modify (· - 1)
    reduceBool (substitute test values)
  | .and a b => do
    let l ← evaluate a values
    if l == some false then return l
    return andThen l (← evaluate b values)
  | .or a b => do
    let l ← evaluate a values
    if l == some true then return l
    return negated (andThen (negated l) (negated (← evaluate b values)))
  | .not a => return negated (← evaluate a values)
  | .imp a b => do
    let l ← evaluate a values
    if l == some false then return some true
    return negated (andThen l (negated (← evaluate b values)))
  | .iff a b => do
    match ← evaluate a values, ← evaluate b values with
    | some l, some r => return some (l == r)
    | _, _ => return none
  | .all x choices complete a => do
    let mut all := true
    for v in choices do
      match ← evaluate a (values.push x v) with
      | some false => return some false
      | some true => pure ()
      | none => all := false
    return if all && complete then some true else none
  | .ex x choices complete a => do
    let mut none? := true
    for v in choices do
      match ← evaluate a (values.push x v) with
      | some true => return some true
      | some false => pure ()
      | none => none? := false
    return if none? && complete then some false else none

end Lakatos.Assess
