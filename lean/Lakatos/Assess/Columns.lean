import Lakatos.Assess.Truth

/-!
# Arithmetic on columns

Propositions that compare numbers are computed on many instances at once, an operation at a time: every
variable is a *column*, the list of its values over the instances, and an operation makes a column of two.
The worker's own code is interpreted, so the loops are `List.zipWith`, which is Lean's compiled code. The
numbers are Lean's: operations of `Nat` and `Int` keep their conventions (subtraction stops at 0, division
by 0 is 0). What is found in this way and told to somebody is decided by the kernel afterwards.
-/

namespace Lakatos.Assess

open Lean Meta

/-- A number over variables; natural numbers are integers that are not negative. -/
inductive Num where
  /-- A variable. -/
  | variable (id : FVarId)
  /-- A numeral. -/
  | value (n : Int)
  /-- An operation. -/
  | binary (f : Int → Int → Int) (a b : Num)
  /-- A power, whose exponent is a natural number. -/
  | power (a b : Num)

/-- The values of a variable, of a number or of a proposition over the instances. -/
abbrev Column (α : Type) := List α

/-- Combines two columns. The function is no constant here, so that nothing is specialised to it and the loop is
the library's own. -/
@[noinline] private def zip (f : α → β → γ) (a : Column α) (b : Column β) : Column γ :=
  List.zipWith f a b

namespace Num

/-- Operations of `Nat` and `Int`, by their names. -/
private def operation? : Name → Option (Int → Int → Int)
  | `Nat.add | `Int.add => some Int.add
  | `Nat.mul | `Int.mul => some Int.mul
  | `Int.sub => some Int.sub
  | `Nat.sub => some fun a b => if a ≤ b then 0 else a - b
  | `Nat.div | `Int.ediv => some Int.ediv
  | `Nat.mod | `Int.emod => some Int.emod
  | `Nat.gcd | `Int.gcd => some fun a b => Int.gcd a b
  | _ => none

/-- The greater or the smaller, by the instance of `Min` or `Max`. -/
private def order? : Name → Option (Int → Int → Int)
  | `Int.instMin | `Nat.instMin | `instMinNat => some fun a b => if a ≤ b then a else b
  | `Int.instMax | `Nat.instMax | `instMaxNat => some fun a b => if a ≤ b then b else a
  | _ => none

/-- A term whose operators are those of `Nat` and `Int` (`lighter`), as a number over variables. -/
partial def of? (e : Expr) : Option Num := do
  match e.consumeMData with
  | .fvar id => return .variable id
  | .lit (.natVal n) => return .value n
  | e =>
    let f := e.getAppFn.constName?.getD .anonymous
    match f, e.getAppArgs with
    | `Nat.zero, #[] => return .value 0
    | `Nat.succ, #[a] => return .binary Int.add (← of? a) (.value 1)
    | `Nat.pred, #[a] => return .binary (fun a b => if a ≤ b then 0 else a - b) (← of? a) (.value 1)
    | `Int.ofNat, #[a] => of? a
    | `Int.negSucc, #[a] => return .binary Int.sub (.value (-1)) (← of? a)
    | `Int.neg, #[a] => return .binary Int.sub (.value 0) (← of? a)
    | `Int.natAbs, #[a] => return .binary (fun _ b => b.natAbs) (.value 0) (← of? a)
    | `Int.toNat, #[a] => return .binary (fun a b => if b ≤ a then a else b) (.value 0) (← of? a)
    | `Nat.pow, #[a, b] | `Int.pow, #[a, b] => return .power (← of? a) (← of? b)
    | `Nat.cast, #[.const `Int _, .const `instNatCastInt _, a] => of? a
    | `OfNat.ofNat, #[.const `Nat _, .lit (.natVal n), .app (.const `instOfNatNat _) _] => return .value n
    | `Min.min, #[_, i, a, b] | `Max.max, #[_, i, a, b] =>
      return .binary (← order? (i.constName?.getD .anonymous)) (← of? a) (← of? b)
    | name, #[a, b] => return .binary (← operation? name) (← of? a) (← of? b)
    | _, _ => none

/-- Columns that are made. -/
def cost : Num → Nat
  | .variable _ | .value _ => 1
  | .binary _ a b => a.cost + b.cost + 1
  -- Powers are looked through for their size.
  | .power a b => a.cost + b.cost + 3

end Num

/-- A proposition about numbers, taken apart. -/
inductive Claim where
  /-- A comparison. -/
  | compare (f : Int → Int → Bool) (a b : Num)
  /-- A variable that stands for a proposition. -/
  | proposition (id : FVarId)
  /-- `True` or `False`. -/
  | known (value : Bool)
  /-- `¬ A`. -/
  | not (a : Claim)
  /-- `A ∧ B`. -/
  | and (a b : Claim)
  /-- `A ↔ B`. -/
  | iff (a b : Claim)
  /-- `∀ x, A`, for some values of `x` or for all that there are. -/
  | all (x : FVarId) (values : Array Int) (complete : Bool) (a : Claim)
  /-- Nothing is known. -/
  | unknown

namespace Claim

private def eqOf (a b : Int) : Bool := decide (a = b)
private def ltOf (a b : Int) : Bool := decide (a < b)
private def leOf (a b : Int) : Bool := decide (a ≤ b)

private def comparison? : Name → Option (Int → Int → Bool)
  | `Nat.beq | `Int.beq' => some eqOf
  | `Nat.ble | `Int.ble' => some leOf
  | `Nat.blt | `Int.blt' => some ltOf
  | _ => none

/-- A value of a variable as a number; that of a propositional one is 1 or 0. -/
def value? (e : Expr) : Option Int := do
  if e.isConstOf ``True then return 1
  if e.isConstOf ``False then return 0
  match ← Num.of? e with
  | .value n => return n
  | .binary f (.value a) (.value b) => return f a b
  | _ => none

/-- The same proposition, where all of its atoms compare numbers. -/
partial def of? : Node → Option Claim
  | .unknown => return .unknown
  | .known b => return .known b
  | .proposition id => return .proposition id
  | .atom test => do
    guard (test.getAppNumArgs == 2)
    return .compare (← comparison? (← test.getAppFn.constName?)) (← Num.of? (test.getArg! 0)) (← Num.of? (test.getArg! 1))
  | .not a => return .not (← of? a)
  | .and a b => return .and (← of? a) (← of? b)
  | .or a b => return .not (.and (.not (← of? a)) (.not (← of? b)))
  | .imp a b => return .not (.and (← of? a) (.not (← of? b)))
  | .iff a b => return .iff (← of? a) (← of? b)
  | .all x values complete a => return .all x (← values.mapM value?) complete (← of? a)
  | .ex x values complete a => return .not (.all x (← values.mapM value?) complete (.not (← of? a)))

/-- Columns that are made. -/
def cost : Claim → Nat
  | .compare _ a b => a.cost + b.cost + 1
  | .not a => a.cost + 1
  | .and a b | .iff a b => a.cost + b.cost + 1
  | .all _ values _ a => values.size * (a.cost + 1)
  | _ => 1

end Claim

/-- Instances, as the columns of their variables. -/
structure Columns where
  /-- How many. -/
  count : Nat
  /-- The values of each variable. -/
  of : List (FVarId × Column Int)

/-- What is known of a proposition over the instances. -/
structure Truths where
  /-- Where it is known to hold. -/
  holds : Column Bool
  /-- Where it is known not to; `none` where this is everywhere else. -/
  fails? : Option (Column Bool) := none
  deriving Inhabited

/-- Where both are `true`. -/
def bothTrue (a b : Column Bool) : Column Bool := zip (fun a b => a && b) a b

/-- Where the first is `true` and the second is not. -/
def firstOnly (a b : Column Bool) : Column Bool := zip (fun a b => a && !b) a b

namespace Truths

private def opposite (a : Column Bool) : Column Bool := zip (fun a _ => !a) a a

/-- Where the proposition is known not to hold. -/
def fails (t : Truths) : Column Bool :=
  t.fails?.getD (opposite t.holds)

private def not (t : Truths) : Truths :=
  { holds := t.fails, fails? := t.fails?.map fun _ => t.holds }

private def and (a b : Truths) : Truths :=
  { holds := bothTrue a.holds b.holds
    fails? := if a.fails?.isNone && b.fails?.isNone then none
      else some (zip (fun a b => a || b) a.fails b.fails) }

private def iff (a b : Truths) : Truths :=
  if a.fails?.isNone && b.fails?.isNone then { holds := zip (fun a b => a == b) a.holds b.holds }
  else (a.and b.not).not.and (b.and a.not).not

end Truths

/-- Exponents and the binary digits of powers that are computed, at most. -/
private def maxExponent : Int := 256
private def maxDigits : Nat := 8192

private def Columns.constant (c : Columns) (value : α) : Column α :=
  List.replicate c.count value

/-- A number's column; none where a power is too large. -/
private partial def Columns.number (c : Columns) : Num → Option (Column Int)
  | .variable id => c.of.lookup id
  | .value n => some (c.constant n)
  | .binary f a b => return zip f (← c.number a) (← c.number b)
  | .power a b => do
    let (base, exponent) := (← c.number a, ← c.number b)
    if exponent.any (maxExponent < ·) then none
    let digits := zip (fun a b => (a.natAbs.log2 + 1) * b.toNat) base exponent
    if digits.any (maxDigits < ·) then none
    return zip (fun a b => a ^ b.toNat) base exponent

/-- What is known of a proposition over the instances; nothing where it cannot be computed. -/
partial def Columns.truths (c : Columns) (claim : Claim) : Truths :=
  match claim with
  | .unknown => unknown
  | .known b => { holds := c.constant b }
  | .proposition id => match c.of.lookup id with
    | some column => { holds := zip (fun a _ => a != 0) column column }
    | none => unknown
  | .compare f a b => match c.number a, c.number b with
    | some a, some b => { holds := zip f a b }
    | _, _ => unknown
  | .not a => (c.truths a).not
  | .and a b => (c.truths a).and (c.truths b)
  | .iff a b => (c.truths a).iff (c.truths b)
  | .all x values complete a =>
    let each := values.foldl (init := ({ holds := c.constant true } : Truths)) fun sum v =>
      sum.and ({ c with of := (x, c.constant v) :: c.of }.truths a)
    if complete then each else { holds := c.constant false, fails? := some each.fails }
where
  unknown : Truths := { holds := c.constant false, fails? := some (c.constant false) }

end Lakatos.Assess
