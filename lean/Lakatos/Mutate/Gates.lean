import Lakatos.Assess.Instances
import Lakatos.Assess.Tries
import Lakatos.Mutate.Draft
import Lakatos.Mutate.Normal

/-!
# The gates of a candidate

In the order of their cost; the first that refuses ends it. None of them decides that anything is proved:
that is for the kernel's process.
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

/-- Whether the conclusion is one of the hypotheses. -/
private def saysAHypothesis (type : Expr) : Bool :=
  go type #[]
where
  go : Expr → Array Expr → Bool
    | .forallE _ t b _, before => go b ((before.push t).map (·.liftLooseBVars 0 1))
    | conclusion, before => before.contains conclusion

/-- Is it short enough to read, and does it say something? -/
def size (s : Signature) (type : Expr) : Verdict :=
  let refuse detail : Verdict := { gate := "size", passed := false, detail }
  if unreadable s.binders || unreadable s.conclusion then refuse "unreadable"
  else if s.binders.length + s.conclusion.length > longest then refuse "too long"
  else if type.getForallBody.isConstOf `True || saysAHypothesis type then refuse "says nothing"
  else { gate := "size", passed := true }

/-- The statement's text, elaborated; nothing where Lean does not take it or reads something else. -/
def roundTrip (s : Signature) (type : Expr) : TermElabM (Verdict × Option Expr) := do
  let refuse detail : Verdict × Option Expr := ({ gate := "round_trip", passed := false, detail }, none)
  let .ok stx := Parser.runParserCategory (← getEnv) `term s.term | return refuse "does not parse"
  let read? ← Assess.within 20000 do
    let e ← Term.withLevelNames s.levels <| Term.withAutoBoundImplicitForbiddenPred (fun _ => true) do
      Term.elabType stx
    Term.synthesizeSyntheticMVarsNoPostponing
    instantiateMVars e
  let some read := read? | return refuse "does not elaborate"
  if read.hasMVar || read.hasSorry then return refuse "has holes"
  if read == type then return ({ gate := "round_trip", passed := true }, some read)
  match ← Assess.within 20000 (isDefEq read type) with
  | some true => return ({ gate := "round_trip", passed := true, detail := "up to unfolding" }, some read)
  | _ => return refuse "reads differently"

/-- Can the hypotheses hold together? An instance that satisfies them says so at once; else a contradiction
is searched. -/
def vacuity (type : Expr) : TermElabM Verdict :=
  forallTelescope type fun xs conclusion => do
    let mut variables := #[]
    let mut hypotheses := #[]
    let mut others := 0
    for x in xs do
      let t ← inferType x
      if ← isProp t then hypotheses := hypotheses.push t
      else if (← isClass? t).isSome then others := others + 1
      else variables := variables.push x
    if hypotheses.isEmpty then return { gate := "vacuity", passed := true }
    if others == 0 then
      let small ← Assess.smallInstances variables hypotheses conclusion
      if small.satisfied > 0 then return { gate := "vacuity", passed := true, detail := "an instance" }
    match ← Assess.provedBy? (mkConst `False) (← Assess.refuters) 2000 with
    | some _ => return { gate := "vacuity", passed := false, detail := "contradictory" }
    | none => return { gate := "vacuity", passed := true }

/-- Does a finisher close it at once? -/
def triviality (type : Expr) : TermElabM Verdict :=
  forallTelescope type fun _ conclusion => do
    let finishers := #[("rfl", ← `(tactic| rfl)), ("simp", ← `(tactic| (simp; done))),
      ("omega", ← `(tactic| omega)), ("decide", ← `(tactic| decide))]
    for (detail, tactic) in finishers do
      if (← Assess.provedBy? conclusion #[tactic] 2000).isSome then
        return { gate := "triviality", passed := false, detail }
    return { gate := "triviality", passed := true }

/-- Runs a script, a step at a time; nothing where a step fails or something is left. -/
def run? (type : Expr) (s : Signature) (script : Array String) : TermElabM (Option (Array Step)) :=
  Assess.within 40000 do
    let root ← mkFreshExprSyntheticOpaqueMVar type
    let (_, goal) ← root.mvarId!.introN s.names.size (s.names.toList.map (·.toName))
    let mut goals := [goal]
    let mut steps := #[]
    for tactic in script do
      let stx ← match Parser.runParserCategory (← getEnv) `tactic tactic with
        | .ok stx => pure stx
        | .error e => throwError e
      let goal :: rest := goals | throwError "no goal is left"
      let state := (← withFullNames (ppGoal goal)).pretty
      steps := steps.push { state, tactic }
      goals := (← Tactic.run goal (Tactic.evalTactic stx)) ++ rest
    unless goals.isEmpty do throwError "goals are left"
    let proof ← instantiateMVars root
    if proof.hasExprMVar || proof.hasSorry then throwError "the proof has holes"
    return steps

end Gates

end Lakatos.Mutate
