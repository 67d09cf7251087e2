import Lakatos.Assess.Batch
import Lakatos.Assess.Columns

/-!
# Small instances of a statement

Every small instance of a statement is tried: one in which all hypotheses hold shows that they do not
contradict each other; one in which the conclusion fails as well is a counterexample; one in which a
subtraction of natural numbers is cut off at 0, or a division leaves a remainder, shows that the statement
rests on a convention that its author may not have meant.

Where everything is about numbers, the instances are computed in columns, and those that are told are decided
by the kernel. Else the kernel is asked, for fewer of them.
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
  /-- Whether every instance there is was tried, and is known to satisfy the hypotheses or not to. -/
  complete : Bool := false
  /-- Where conventions decide. -/
  roundings : Array Rounding := #[]

/-- How many values a variable is given where the kernel decides, by the number of variables. -/
private def valuesFor (variables : Nat) : Nat :=
  match variables with
  | 0 | 1 => 24
  | 2 => 9
  | 3 => 5
  | 4 => 4
  | _ => 3

/-- The most values that a variable is given where columns are computed. -/
private def columnValuesFor (variables : Nat) : Nat :=
  match variables with
  | 0 | 1 => 128
  | 2 => 24
  | 3 => 9
  | 4 => 5
  | 5 => 4
  | _ => 3

/-- How many values an inner quantifier tries. -/
private def innerValues (variables : Nat) : Nat :=
  if variables ≤ 1 then 12 else 7

/-- Instances that the kernel is asked for at most, and at once. -/
private def maxInstances : Nat := 128
private def blockSize : Nat := 32

/-- Lean's small allocations after which the kernel is asked for no further block. -/
private def maxHeartbeats : Nat := 4000 * 1000

/-- Instances that are computed in columns at most, and the entries of all columns together. -/
private def maxRows : Nat := 1024
private def maxEntries : Nat := 120000

/-- A proposition that is asked on many instances. -/
private structure Question where
  /-- Taken apart. -/
  node : Node
  /-- As one about numbers, where it is one. -/
  claim? : Option Claim
  /-- What the kernel can be asked for. -/
  known : Known

private def Question.of (node : Node) : Question :=
  { node, claim? := Claim.of? node, known := node.whatIsKnown }

/-- A grid of small values of some variables. -/
private structure Grid where
  /-- The variables. -/
  xs : Array Expr
  /-- Values of each, as they are shown. -/
  choices : Array (Array Expr)
  /-- The same, as the kernel computes with them. -/
  light : Array (Array Expr)
  /-- How many instances are tried. -/
  count : Nat
  /-- Whether these are all instances that there are. -/
  complete : Bool
  /-- The variables' columns, where they stand for numbers and propositions. -/
  columns? : Option Columns

private def Grid.of? (xs types : Array Expr) (values limit : Nat) : MetaM (Option Grid) := do
  let some found := types.mapM (smallValues? · values) | return none
  let choices := found.map (·.1)
  let total := choices.foldl (init := 1) fun n c => n * c.size
  let light ← choices.mapM (·.mapM lighter)
  let count := min total limit
  return some { xs, choices, light, count, complete := found.all (·.2) && total ≤ limit
                columns? := columns? xs light count }
where
  columns? (xs : Array Expr) (light : Array (Array Expr)) (count : Nat) : Option Columns := do
    let places := List.range count
    let mut stride := 1
    let mut of := []
    for (x, choice) in xs.zip light do
      let numbers ← choice.mapM Claim.value?
      let (step, size) := (stride, choice.size)
      of := (x.fvarId!, places.zipWith (fun i _ => numbers[i / step % size]!) places) :: of
      stride := stride * size
    return { count, of }

/-- A grid for these questions: a large one where all of them can be computed in columns, within bounds on
their cost. -/
private def Grid.for? (xs : Array Expr) (questions : Array Question) : MetaM (Option Grid) := do
  let types ← xs.mapM (inferType ·)
  let inColumns := types.all fun t => t.isConstOf `Nat || t.isConstOf `Int || t.isProp
  if let (true, some claims) := (inColumns, questions.mapM (·.claim?)) then
    let cost := claims.foldl (init := 1) fun n c => n + c.cost
    let rows := min maxRows (maxEntries / cost)
    if rows ≥ maxInstances / 4 then
      let mut values := columnValuesFor xs.size
      while values > 2 && values ^ xs.size > rows do values := values - 1
      return ← Grid.of? xs types values rows
  Grid.of? xs types (valuesFor xs.size) maxInstances

/-- The values of the instance number `i`, the first variable's changing fastest. -/
private def instanceAt (choices : Array (Array Expr)) (i : Nat) : Array Expr := Id.run do
  let mut rest := i
  let mut values := #[]
  for choice in choices do
    values := values.push choice[rest % choice.size]!
    rest := rest / choice.size
  return values

/-- What is known of the proposition on the instances that are marked: in columns where that is possible, else
by the kernel. -/
private def Grid.ask (g : Grid) (q : Question) (marked : Column Bool) : MetaM Truths := do
  if let (some columns, some claim) := (g.columns?, q.claim?) then return columns.truths claim
  let began ← IO.getNumHeartbeats
  let places := (Array.range g.count).zip marked.toArray |>.filterMap fun (i, b) => if b then some i else none
  let mut truths : Array (Option Bool) := Array.replicate g.count none
  for b in [0:(places.size + blockSize - 1) / blockSize] do
    if ← IO.checkCanceled then break
    if (← IO.getNumHeartbeats) - began > maxHeartbeats then break
    let block := places.extract (b * blockSize) ((b + 1) * blockSize)
    let answers ← q.node.answers q.known g.xs (block.map (instanceAt g.light))
    for (i, truth) in block.zip answers do truths := truths.set! i truth
  return { holds := (truths.map (· == some true)).toList, fails? := some (truths.map (· == some false)).toList }

/-- Where all premises hold, and whether it is known everywhere whether they do. -/
private def Grid.satisfying (g : Grid) (premises : Array Question) : MetaM (Column Bool × Bool) := do
  let mut holds : Column Bool := List.replicate g.count true
  -- Where none is known to fail. That matters only where these are all instances that there are.
  let mut possible := holds
  for premise in premises.filter (·.claim?.isSome) ++ premises.filter (·.claim?.isNone) do
    let truths ← g.ask premise (if g.complete then possible else holds)
    holds := bothTrue holds truths.holds
    if g.complete then possible := firstOnly possible truths.fails
  return (holds, possible == holds)

/-- What the kernel says of the proposition in the instance number `i`. -/
private def Grid.decided (g : Grid) (q : Question) (i : Nat) : MetaM (Option Bool) :=
  (evaluate q.node { variables := g.xs, values := instanceAt g.light i }).run' maxAtoms

/-- The first marked instance in which the kernel says that the premises hold and the proposition fails. It is
asked for a few of them only. -/
private def Grid.firstFailing? (g : Grid) (premises : Array Question) (q : Question) (marked : Column Bool) :
    MetaM (Option Nat) := do
  let mut tries := 3
  for (i, here) in (List.range g.count).zip marked do
    if here then
      if (← g.decided q i) == some false && (← premises.allM fun p => return (← g.decided p i) == some true) then
        return some i
      tries := tries - 1
      if tries == 0 then break
  return none

/-- The instance number `i`, as it is shown. -/
private def Grid.shown (g : Grid) (i : Nat) : MetaM (Array (String × String)) :=
  (g.xs.zip (instanceAt g.choices i)).mapM fun (x, v) =>
    return (toString (← x.fvarId!.getUserName), (← ppExpr v).pretty)

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

/-- Tries the small instances of `hypotheses → conclusion` over the variables `xs`. -/
def smallInstances (xs hypotheses : Array Expr) (conclusion : Expr) : MetaM Instances := do
  let ask (e : Expr) : MetaM Question := return .of (← compile e (innerValues xs.size))
  let premises ← hypotheses.mapM ask
  let goal ← ask conclusion
  let tests ← (hypotheses.push conclusion).foldlM (init := #[]) fun tests e =>
    return tests ++ (← roundingTests e)
  let tests := tests.map fun (key, term, test) => (key, term, Question.of (.atom test))
  let some g ← Grid.for? xs (premises.push goal ++ tests.map (·.2.2)) | return {}
  let (holds, known) ← g.satisfying premises
  let satisfied := holds.count true
  let mut result : Instances := { tried := g.count, satisfied, complete := g.complete && known }
  if satisfied == 0 then return result
  let truths ← g.ask goal holds
  result := { result with confirmed := (bothTrue holds truths.holds).count true }
  if let some i ← g.firstFailing? premises goal (bothTrue holds truths.fails) then
    result := { result with counterexample? := some (← g.shown i) }
  for (key, term, test) in tests do
    unless result.roundings.any (·.key == key) do
      if let some i ← g.firstFailing? premises test (bothTrue holds (← g.ask test holds).fails) then
        let term := if term.isAppOfArity `id 1 then term.appArg! else term
        let rounding := { key, term := (← ppExpr term).pretty, values := ← g.shown i }
        result := { result with roundings := result.roundings.push rounding }
  return result

/-- Whether a small instance of the variables `xs` satisfies all hypotheses. -/
def satisfied? (xs hypotheses : Array Expr) : MetaM Bool := do
  let types ← xs.mapM (inferType ·)
  let premises ← hypotheses.mapM fun h => return Question.of (← compile h (innerValues xs.size))
  -- One of the simplest will do as a rule.
  for (values, limit) in [(3, 16), (valuesFor xs.size, maxInstances)] do
    let some g ← Grid.of? xs types values limit | return false
    if (← g.satisfying premises).1.any (·) then return true
  return false

end Lakatos.Assess
