import Lakatos.Assess.Truth

/-!
# Many instances at once

The worker's own code is interpreted, and a call of the kernel for every atom of every instance costs more
than what the kernel does in it. So a proposition becomes two Boolean expressions, one that says that it is
known to hold and one that says that it is known not to, and the kernel is asked for the values of one of
them on many instances as a single number, a bit for each.

Where a value is stuck, the number must be so at once: a sum of a stuck term and a literal is the successor of
another such sum, and so on, which the kernel follows until its stack is used up.
-/

namespace Lakatos.Assess

open Lean Meta

/-- What is known of a proposition, as Boolean expressions over its variables. -/
structure Known where
  /-- `true` where the proposition is known to hold. -/
  holds : Expr
  /-- `true` where it is known not to. -/
  fails : Expr
  /-- Whether one of the two is `true` on every instance. -/
  exact : Bool
  /-- Atoms that are reduced for an instance, at most. -/
  atoms : Nat
  deriving Inhabited

namespace Known

private def yes : Expr := mkConst ``Bool.true
private def no : Expr := mkConst ``Bool.false

/-- `bif c then t else e` of a type in `Type`, by the recursor, which the kernel reduces in one step. -/
private def choose (type c t e : Expr) : Expr :=
  mkApp4 (mkConst ``Bool.rec [1]) (.lam `b (mkConst ``Bool) type .default) e t c

private def ifThenElse (c t e : Expr) : Expr :=
  choose (mkConst ``Bool) c t e

private def both (a b : Expr) : Expr :=
  if a == no || b == no then no else if a == yes then b else if b == yes then a else ifThenElse a b no

private def either (a b : Expr) : Expr :=
  if a == yes || b == yes then yes else if a == no then b else if b == no then a else ifThenElse a yes b

private def denied (a : Expr) : Expr :=
  if a == yes then no else if a == no then yes else ifThenElse a no yes

/-- The value of a variable; that of a propositional one as a Boolean. -/
private def asBool (v : Expr) : Expr :=
  if v.isConstOf ``True then yes else if v.isConstOf ``False then no else v

private def decided (test : Expr) (atoms : Nat) : Known :=
  { holds := test, fails := denied test, exact := true, atoms }

private def not (a : Known) : Known :=
  { a with holds := a.fails, fails := a.holds }

private def and (a b : Known) : Known :=
  let holds := both a.holds b.holds
  let exact := a.exact && b.exact
  { holds, fails := if exact then denied holds else either a.fails b.fails, exact
    atoms := a.atoms + b.atoms }

private def iff (a b : Known) : Known :=
  if a.exact && b.exact then decided (ifThenElse a.holds b.holds b.fails) (a.atoms + b.atoms)
  else
    { holds := either (both a.holds b.holds) (both a.fails b.fails)
      fails := either (both a.holds b.fails) (both a.fails b.holds)
      exact := false, atoms := 2 * (a.atoms + b.atoms) }

/-- For all values `x`. Where these are not all that there are, they cannot show that it holds. -/
private def all (x : FVarId) (values : Array Expr) (complete : Bool) (a : Known) : Known :=
  -- One function for all values, so that the expression does not grow with them.
  let over (e : Expr) (join : Expr → Expr → Expr) (none : Expr) : Expr :=
    if e == yes || e == no then e else
      let f := Expr.lam `x (mkConst ``Bool) (e.abstract #[.fvar x]) .default
      values.foldr (init := none) fun v rest => join (.app f (asBool v)) rest
  let holds := if complete then over a.holds both yes else no
  let exact := complete && a.exact
  { holds, fails := if exact then denied holds else over a.fails either no, exact
    atoms := values.size * a.atoms }

end Known

/-- What is known of a proposition that was taken apart. -/
def Node.whatIsKnown : Node → Known
  | .unknown => { holds := Known.no, fails := Known.no, exact := false, atoms := 0 }
  | .known b => Known.decided (if b then Known.yes else Known.no) 0
  | .proposition id => Known.decided (.fvar id) 0
  | .atom test => Known.decided test 1
  | .not a => a.whatIsKnown.not
  | .and a b => a.whatIsKnown.and b.whatIsKnown
  | .or a b => (a.whatIsKnown.not.and b.whatIsKnown.not).not
  | .imp a b => (a.whatIsKnown.and b.whatIsKnown.not).not
  | .iff a b => a.whatIsKnown.iff b.whatIsKnown
  | .all x values complete a => a.whatIsKnown.all x values complete
  | .ex x values complete a => (a.whatIsKnown.not.all x values complete).not

/-- Atoms that are reduced for one instance at most. -/
def maxAtoms : Nat := 400

/-- Instances without an answer after which no more are tried. -/
private def patience : Nat := 6

/-- For each of the instances of the variables `xs`, whether the Boolean expression is `true`; `none` where the
kernel cannot compute it on all of them. -/
def trueAt? (test : Expr) (xs : Array Expr) (instances : Array (Array Expr)) : MetaM (Option (Array Bool)) := do
  if instances.isEmpty || test == Known.no then return some (instances.map fun _ => false)
  let body := test.abstract xs
  if body.hasFVar || body.hasMVar then return none
  let f := xs.foldl (init := body) fun b _ => .lam `x (mkConst ``Bool) b .default
  let value (i : Nat) : Expr := mkAppN f (instances[i]!.map Known.asBool)
  match Kernel.whnf (← getEnv) {} (.app (bits value instances.size) (mkRawNatLit 0)) with
  | .ok (.lit (.natVal n)) => return some ((Array.range instances.size).map n.testBit)
  | _ => return none
where
  /-- A function that adds to a number the bits of the first `n` values: `fun s => f (bif v then s + 2 ^ i else s)`, but
  with the function inside, so that a stuck `v` ends it. -/
  bits (value : Nat → Expr) (n : Nat) : Expr := Id.run do
    let nat := mkConst ``Nat
    let mut f := Expr.lam `s nat (.bvar 0) .default
    for i in [0:n] do
      let more := mkApp2 (mkConst ``Nat.add) (.bvar 0) (mkRawNatLit (2 ^ i))
      f := .lam `s nat (Known.choose nat (value i) (.app f more) (.app f (.bvar 0))) .default
    return f

/-- The truth of a proposition that was taken apart, on each of the instances. -/
def Node.answers (node : Node) (known : Known) (xs : Array Expr) (instances : Array (Array Expr)) :
    MetaM (Array (Option Bool)) := do
  if known.atoms ≤ maxAtoms then
    if let some holds ← trueAt? known.holds xs instances then
      if known.exact then return holds.map some
      let others := (instances.zip holds).filterMap fun (i, h) => if h then none else some i
      if let some fails ← trueAt? known.fails xs others then
        let mut rest := fails.toList
        let mut truths := #[]
        for h in holds do
          if h then truths := truths.push (some true)
          else
            truths := truths.push (if rest.headD false then some false else none)
            rest := rest.tail
        return truths
  -- One by one, so that what the kernel cannot compute spoils only the instances that need it.
  let mut truths := #[]
  for values in instances do
    if truths.size == patience && truths.all (·.isNone) then break
    if ← IO.checkCanceled then break
    truths := truths.push (← (evaluate node { variables := xs, values }).run' maxAtoms)
  return truths ++ Array.replicate (instances.size - truths.size) none

end Lakatos.Assess
