import Lean

/-!
# Small errors in a statement

After RISE: what a tired author gets wrong. Each error yields another proposition; whether it is false is
decided elsewhere.
-/

namespace Lakatos.Negatives

open Lean Meta

/-- A statement with an error in it. -/
structure Wrong where
  /-- What was done. -/
  error : String
  /-- The closed proposition. -/
  type : Expr

/-- `e` with the first subterm (outermost, from the left) that `f` changes changed. No subterm under a
binder is looked at. -/
private partial def changeFirst? (f : Expr → MetaM (Option Expr)) (e : Expr) : MetaM (Option Expr) := do
  if let some new ← f e then return some new
  match e with
  | .app g a =>
    if let some new ← changeFirst? f a then return some (.app g new)
    if let some new ← changeFirst? f g then return some (.app new a)
    return none
  | .mdata _ e => changeFirst? f e
  | _ => return none

private def symmetric : List Name :=
  [``Eq, ``Iff, ``Ne, ``HEq, ``And, ``Or]

/-- The sides of a relation between terms of one type. -/
private def sides? (e : Expr) : MetaM (Option (Expr × Expr × Expr)) := do
  let e := e.consumeMData
  unless e.isApp && e.appFn!.isApp && e.getAppFn.isConst do return none
  let (f, a, b) := (e.appFn!.appFn!, e.appFn!.appArg!, e.appArg!)
  unless ← isProp e do return none
  unless ← isDefEq (← inferType a) (← inferType b) do return none
  return some (f, a, b)

private def isNumber (type : Expr) : Bool :=
  type.isConstOf ``Nat || type.isConstOf ``Int

/-- Swaps the operands of an operation that does not commute. -/
private def swapOperands (e : Expr) : MetaM (Option Expr) := do
  let f := e.getAppFn.constName?
  unless e.getAppNumArgs == 6 && [``HSub.hSub, ``HDiv.hDiv, ``HMod.hMod, ``HAppend.hAppend].any (some · == f) do
    return none
  let (a, b) := (e.getArg! 4, e.getArg! 5)
  unless (e.getArg! 0) == (e.getArg! 1) && a != b do return none
  return some (mkApp2 e.appFn!.appFn! b a)

private def operations : List (Name × Name × Nat) :=
  [(``HAdd.hAdd, ``HMul.hMul, 6), (``HMul.hMul, ``HAdd.hAdd, 6), (``HSub.hSub, ``HAdd.hAdd, 6),
   (``HDiv.hDiv, ``HMod.hMod, 6), (``HMod.hMod, ``HDiv.hDiv, 6), (``Min.min, ``Max.max, 4),
   (``Max.max, ``Min.min, 4)]

/-- Takes another operation. -/
private def otherOperation (e : Expr) : MetaM (Option Expr) := do
  let some (_, new, _) := operations.find? fun (old, _, n) => e.isAppOfArity old n | return none
  try return some (← mkAppM new #[e.appFn!.appArg!, e.appArg!]) catch _ => return none

/-- A numeral, one higher. -/
private def nextNumeral (e : Expr) : MetaM (Option Expr) := do
  unless e.isAppOfArity ``OfNat.ofNat 3 && isNumber (e.getArg! 0) do return none
  let .lit (.natVal n) := e.getArg! 1 | return none
  return some (← mkNumeral (e.getArg! 0) (n + 1))

/-- Errors in the conclusion. -/
private def conclusions (e : Expr) : MetaM (Array (String × Expr)) := do
  let mut found := #[]
  if let some (f, a, b) ← sides? e then
    unless symmetric.any (f.getAppFn.isConstOf ·) do
      found := found.push ("swapped_sides", mkApp2 f b a)
    let type ← inferType b
    if isNumber type then
      found := found.push ("off_by_one", mkApp2 f a (← mkAppM ``HAdd.hAdd #[b, ← mkNumeral type 1]))
      found := found.push ("off_by_one", mkApp2 f (← mkAppM ``HAdd.hAdd #[a, ← mkNumeral type 1]) b)
    if f.getAppFn.isConstOf ``LE.le then
      found := found.push ("strict_for_weak", ← mkAppM ``LT.lt #[a, b])
  if e.isAppOfArity ``Or 2 then
    found := found ++ #[("dropped_case", e.getArg! 0), ("dropped_case", e.getArg! 1)]
  for (error, change) in [("swapped_operands", swapOperands), ("wrong_operation", otherOperation),
      ("off_by_one", nextNumeral)] do
    if let some new ← changeFirst? change e then found := found.push (error, new)
  return found

/-- Statements with one error each, type-correct propositions that differ from `type`. -/
def wrongs (type : Expr) : MetaM (Array Wrong) := do
  let all ← forallTelescope type fun xs conclusion => do
    let mut found : Array Wrong := #[]
    for (error, new) in ← conclusions conclusion do
      found := found.push { error, type := ← mkForallFVars xs new }
    for h : i in [0:xs.size] do
      let x := xs[i]
      let t ← inferType x
      unless (← isProp t) && (← isClass? t).isNone do continue
      let later ← (xs.extract (i + 1) xs.size).mapM (inferType ·)
      if (later.push conclusion).any (·.containsFVar x.fvarId!) then continue
      let without := xs.eraseIdx! i
      found := found.push { error := "dropped_hypothesis", type := ← mkForallFVars without conclusion }
      if t.isAppOfArity ``LT.lt 4 then
        let weak ← mkAppM ``LE.le #[t.getArg! 2, t.getArg! 3]
        let new ← withLocalDeclD (← x.fvarId!.getUserName) weak fun y =>
          mkForallFVars (xs.set! i y) conclusion
        found := found.push { error := "weakened_hypothesis", type := new }
      found := found.push {
        error := "wrong_direction", type := ← mkForallFVars without (← mkArrow conclusion t) }
    return found
  all.filterM fun w => do
    if w.type == type then return false
    try
      check w.type
      isProp w.type
    catch _ => return false

end Lakatos.Negatives
