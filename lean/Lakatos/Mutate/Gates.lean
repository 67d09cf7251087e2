import Lakatos.Assess.Instances
import Lakatos.Assess.Tries
import Lakatos.Mutate.Draft
import Lakatos.Mutate.Normal

/-!
# The gates of a candidate

None of them decides that anything is proved: that is for the kernel's process.
-/

namespace Lakatos.Mutate

open Lean Meta Elab

/-- A verdict; `detail` is a fixed word or two, or the tactic that closes a trivial statement. -/
structure Verdict where
  gate : String
  passed : Bool
  detail : String := ""

/-- A step of a proof: the goal before, and the tactic. -/
structure Step where
  state : String
  tactic : String

namespace Gates

/-- Characters of a statement at most. -/
private def longest : Nat := 400

/-- Whether it says of something, if only in a part of it, that it is itself. -/
private def saysItself (e : Expr) : Bool :=
  (e.find? fun e => (e.isAppOfArity ``Eq 3 || e.isAppOfArity ``Iff 2) && e.appFn!.appArg! == e.appArg!).isSome

/-- Is it short enough to read, and does it say something? -/
def size (s : Signature) (o : Opened) : Verdict :=
  let refuse detail : Verdict := { gate := "size", passed := false, detail }
  if unreadable s.binders || unreadable s.conclusion then refuse "unreadable"
  else if s.binders.length + s.conclusion.length > longest then refuse "too long"
  else if o.conclusion.isConstOf `True || saysItself o.conclusion || o.hypotheses.contains o.conclusion then refuse "says nothing"
  else { gate := "size", passed := true }

/-- What became of a text that was elaborated again. -/
private inductive Read where
  | same
  /-- The same up to unfolding. -/
  | unfolded
  | refused (detail : String)

/-- Reads a text in the context at hand and compares. -/
private def read (text : String) (type : Expr) : TermElabM Read := do
  let .ok stx := Parser.runParserCategory (← getEnv) `term text | return .refused "does not parse"
  let read? ← Assess.within 20000 do
    let e ← Term.withAutoBoundImplicitForbiddenPred (fun _ => true) <| Term.elabType stx
    Term.synthesizeSyntheticMVarsNoPostponing
    instantiateMVars e
  let some read := read? | return .refused "does not elaborate"
  if read.hasMVar || read.hasSorry then return .refused "has holes"
  if read == type then return .same
  match ← Assess.within 20000 (isDefEq read type) with
  | some true => return .unfolded
  | _ => return .refused "reads differently"

/-- The statement's text, elaborated binder by binder: does it say the same? -/
def roundTrip (f : Frame) (s : Signature) (o : Opened) : TermElabM Verdict :=
  Term.withLevelNames s.levels do
    let refuse detail : Verdict := { gate := "round_trip", passed := false, detail }
    for h : i in [0:o.places.size] do
      let p := o.places[i]
      let number := o.numbers[i]?.getD 0
      let known? := (← f.read.get)[number]?
      let good ← match known? with
        | some good => pure good
        | none => do
          let (lctx, instances) := match i with
            | 0 => ({}, {})
            | j + 1 => (o.places[j]?.map fun q => (q.lctx, q.instances)).getD ({}, {})
          let found ← withLCtx lctx instances (read p.text p.type)
          -- What follows a variable speaks of its type, so that the type must be the very same.
          let good := found matches .same || (p.hypothesis && found matches .unfolded)
          f.read.modify (·.insert number good)
          pure good
      unless good do return refuse "a binder reads differently"
    match ← o.within (read s.conclusion o.conclusion) with
    | .same => return { gate := "round_trip", passed := true }
    | .unfolded => return { gate := "round_trip", passed := true, detail := "up to unfolding" }
    | .refused detail => return refuse detail

/-- What may show that hypotheses contradict each other, with thousands of heartbeats. -/
private def refuters : TermElabM (Array (Syntax × Nat)) := do
  return #[(← `(tactic| contradiction), 500), (← `(tactic| omega), 500), (← `(tactic| (simp_all; done)), 200),
    (← `(tactic| grind), 200)]

/-- Can the hypotheses hold together? An instance that satisfies them says so at once; else a contradiction
is searched. -/
def vacuity (o : Opened) : TermElabM Verdict := do
  let passed detail : Verdict := { gate := "vacuity", passed := true, detail }
  let hypotheses := o.hypotheses
  if hypotheses.isEmpty then return passed ""
  o.within do
    unless o.places.any (·.isInstance) do
      let variables := o.places.filterMap fun p => if p.hypothesis then none else some p.x
      if ← Assess.satisfied? variables hypotheses then return passed "an instance"
    for (tactic, effort) in ← refuters do
      if (← Assess.provedBy? (mkConst `False) #[tactic] effort).isSome then
        return { gate := "vacuity", passed := false, detail := "contradictory" }
    return passed ""

/-- Relations that `rfl` may close without a theorem of the library. -/
private def isReflexive (e : Expr) : Bool :=
  e.isAppOf ``Eq || e.isAppOf ``Iff || e.isAppOf ``HEq

/-- Whether `omega` has something to say: the proposition is an order or an equation of numbers, or made of
such. -/
private partial def isArithmetic (e : Expr) : Bool :=
  match e.getAppFn with
  | .const n _ =>
    if [``And, ``Or, ``Iff, ``Not].contains n then e.getAppArgs.all isArithmetic
    else [``LE.le, ``LT.lt, ``Eq, ``Ne, ``GE.ge, ``GT.gt, ``Dvd.dvd].contains n
      && (e.getAppArgs[0]?.any fun t => t.isConstOf ``Nat || t.isConstOf ``Int || t.isAppOf ``Fin)
  | _ => false

/-- What closes a conclusion without its hypotheses. -/
private def closedBy? (conclusion : Expr) : TermElabM (Option String) := do
  let closes (tactic : Syntax) (effort : Nat) : TermElabM Bool :=
    return (← Assess.provedBy? conclusion #[tactic] effort).isSome
  if ← closes (← `(tactic| (simp; done))) 1000 then return some "simp"
  if isReflexive conclusion then
    if ← closes (← `(tactic| rfl)) 50 then return some "rfl"
  unless conclusion.hasFVar do
    if ← closes (← `(tactic| decide)) 500 then return some "decide"
  return none

/-- Does a finisher close it at once? -/
def triviality (f : Frame) (o : Opened) : TermElabM Verdict := o.within do
  let plain? ← match (← f.closed.get)[o.conclusion]? with
    | some known => pure known
    | none => do
      let found ← closedBy? o.conclusion
      f.closed.modify (·.insert o.conclusion found)
      pure found
  if let some detail := plain? then return { gate := "triviality", passed := false, detail }
  if isArithmetic o.conclusion then
    if (← Assess.provedBy? o.conclusion #[← `(tactic| omega)] 1000).isSome then
      return { gate := "triviality", passed := false, detail := "omega" }
  return { gate := "triviality", passed := true }

/-- Runs a script, a step at a time; nothing where a step fails or something is left. -/
def run? (f : Frame) (o : Opened) (script : Array String) : TermElabM (Option (Array Step)) :=
  o.within <| Assess.within 40000 do
    let root ← mkFreshExprSyntheticOpaqueMVar o.conclusion
    let mut goals := [root.mvarId!]
    let mut steps := #[]
    for tactic in script do
      let stx ← match Parser.runParserCategory (← getEnv) `tactic tactic with
        | .ok stx => pure stx
        | .error e => throwError e
      let goal :: rest := goals | throwError "no goal is left"
      steps := steps.push { state := ← f.goal goal, tactic }
      goals := (← Tactic.run goal (Tactic.evalTactic stx)) ++ rest
    unless goals.isEmpty do throwError "goals are left"
    let proof ← instantiateMVars root
    if proof.hasExprMVar || proof.hasSorry then throwError "the proof has holes"
    return steps

end Gates

end Lakatos.Mutate
