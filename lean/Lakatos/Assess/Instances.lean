import Lakatos.Assess.Truth

/-!
# Small instances of a statement

Every small instance of a statement is tried: one in which all hypotheses hold shows that they do not
contradict each other; one in which the conclusion fails as well is a counterexample; one in which a
subtraction of natural numbers is cut off at 0, or a division leaves a remainder, shows that the statement
rests on a convention that its author may not have meant.
-/

namespace Lakatos.Assess

open Lean Meta

/-- An operation whose convention an instance meets. -/
structure Rounding where
  /-- `natural_subtraction`, `natural_division`, `integer_division` or `division_by_zero`. -/
  key : String
  /-- The subterm as Lean prints it. -/
  term : String
  /-- The instance. -/
  values : Array (String × String)

/-- What the small instances say. -/
structure Instances where
  /-- Instances that were tried. -/
  tried : Nat := 0
  /-- Instances in which every hypothesis holds. -/
  satisfied : Nat := 0
  /-- Instances in which every hypothesis and the conclusion hold. -/
  confirmed : Nat := 0
  /-- An instance in which every hypothesis holds and the conclusion does not. -/
  counterexample? : Option (Array (String × String)) := none
  /-- Whether every instance there is was tried. -/
  complete : Bool := false
  /-- Where conventions decide. -/
  roundings : Array Rounding := #[]
  /-- For each hypothesis, whether an instance shows that the conclusion needs it. -/
  needed : Array Bool := #[]

/-- How many values a variable is given, by the number of variables. -/
private def valuesFor (variables : Nat) : Nat :=
  match variables with
  | 0 | 1 => 24
  | 2 => 9
  | 3 => 5
  | 4 => 4
  | _ => 3

/-- Instances that are tried at most. -/
private def maxInstances : Nat := 128

/-- A test that fails where a convention comes in, for each subterm over the statement's own variables. -/
private def roundingTests (e : Expr) : MetaM (Array (String × Expr × Expr)) := do
  let found ← IO.mkRef (#[] : Array (String × Expr × Expr))
  let note (key : String) (term prop : Expr) : MetaM Unit := do
    if (← found.get).any (·.2.1 == term) then return
    if let some test ← atom? prop then found.modify (·.push (key, term, test))
  let rec visit (e : Expr) : MetaM Unit := do
    match e with
    | .app f a =>
      if e.getAppNumArgs == 6 && !e.hasLooseBVars then
        let (x, y) := (e.getArg! 4, e.getArg! 5)
        let natural := (e.getArg! 0).isConstOf `Nat
        let integer := (e.getArg! 0).isConstOf `Int
        if e.isAppOf `HSub.hSub && natural then
          note "natural_subtraction" e (← mkAppM `LE.le #[y, x])
        if e.isAppOf `HDiv.hDiv && (natural || integer) then
          note (if natural then "natural_division" else "integer_division") e (← mkAppM `Dvd.dvd #[y, x])
          note "division_by_zero" (mkApp (mkConst `id) e) (← mkAppM `Ne #[y, if natural then mkNatLit 0 else mkIntLit 0])
      visit f
      visit a
    | .lam _ t b _ | .forallE _ t b _ => visit t; visit b
    | .letE _ t v b _ => visit t; visit v; visit b
    | .mdata _ b => visit b
    | .proj _ _ b => visit b
    | _ => pure ()
  visit e
  found.get

/-- The values of the instance number `i`. -/
private def instanceAt (choices : Array (Array Expr)) (i : Nat) : Array Expr := Id.run do
  let mut rest := i
  let mut values := #[]
  for choice in choices do
    values := values.push choice[rest % choice.size]!
    rest := rest / choice.size
  return values

/-- Tries the small instances of `hypotheses → conclusion` over the variables `xs`. -/
def smallInstances (xs hypotheses : Array Expr) (conclusion : Expr) : MetaM Instances := do
  let types ← xs.mapM (inferType ·)
  let count := valuesFor xs.size
  let some choices := types.mapM (smallValues? · count) | return {}
  let light ← choices.mapM (·.1.mapM lighter)
  let inner := if xs.size ≤ 1 then 12 else 7
  let premises ← hypotheses.mapM (compile · inner)
  let goal ← compile conclusion inner
  let tests ← (hypotheses.push conclusion).foldlM (init := #[]) fun tests e =>
    return tests ++ (← roundingTests e)
  let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
  let total := choices.foldl (init := 1) fun n c => n * c.1.size
  let mut result : Instances := { needed := hypotheses.map fun _ => false }
  let mut met : Array String := #[]
  for i in [0:min total maxInstances] do
    if ← IO.checkCanceled then break
    let values := { variables := xs, values := instanceAt light i }
    result := { result with tried := result.tried + 1 }
    let (truths, _) ← (premises.mapM (evaluate · values)).run 400
    let failing := truths.filter (· != some true)
    let shown : MetaM (Array (String × String)) := (names.zip (instanceAt (choices.map (·.1)) i)).mapM fun (n, v) =>
      return (n, (← ppExpr v).pretty)
    if failing.isEmpty then
      result := { result with satisfied := result.satisfied + 1 }
      let (truth, _) ← (evaluate goal values).run 400
      if truth == some true then result := { result with confirmed := result.confirmed + 1 }
      if truth == some false && result.counterexample?.isNone then
        result := { result with counterexample? := some (← shown) }
      for (key, term, test) in tests do
        unless met.contains key do
          if (← reduceBool (substitute test values)) == some false then
            met := met.push key
            let term := if term.isAppOfArity `id 1 then term.appArg! else term
            let rounding := { key, term := (← ppExpr term).pretty, values := ← shown }
            result := { result with roundings := result.roundings.push rounding }
    else if failing.size == 1 then
      if let some i := truths.findIdx? (· == some false) then
        unless result.needed[i]! do
          let (truth, _) ← (evaluate goal values).run 400
          if truth == some false then result := { result with needed := result.needed.set! i true }
  return { result with complete := total ≤ maxInstances && choices.all (·.2) }

/-- Whether a small instance of the variables `xs` satisfies all hypotheses. -/
def satisfied? (xs hypotheses : Array Expr) : MetaM Bool := do
  let types ← xs.mapM (inferType ·)
  let some choices := types.mapM (smallValues? · (valuesFor xs.size)) | return false
  let light ← choices.mapM (·.1.mapM lighter)
  let premises ← hypotheses.mapM (compile · (if xs.size ≤ 1 then 12 else 7))
  let total := choices.foldl (init := 1) fun n c => n * c.1.size
  for i in [0:min total maxInstances] do
    if ← IO.checkCanceled then break
    if ← holds premises { variables := xs, values := instanceAt light i } then return true
  return false
where
  holds (premises : Array Node) (values : Assignment) : MetaM Bool := do
    for premise in premises do
      unless (← (evaluate premise values).run' 400) == some true do return false
    return true

end Lakatos.Assess
