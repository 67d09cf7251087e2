import Lakatos.Outcome
import Lakatos.ProofState

/-!
# Running one tactic, and what it leaves

A tactic counts for what it has assigned, not for the goals that it says are left: a goal is closed
when its metavariable is assigned a term without further metavariables, without `sorry` and without
appeal to compiled code. What it left unassigned and does not call a goal is a *hole*, which must be
filled by the goals that mention it.
-/

namespace Lakatos

open Lean Meta Elab

namespace Tactic

/-- Parses a sequence of tactics, all of the text. -/
def parse (p : ProofState) (text : String) : Except String Syntax := do
  let env := p.core.env
  let ictx := Parser.mkInputContext text "<tactic>"
  let pmctx := {
    env, options := p.scope.options, currNamespace := p.scope.currNamespace
    openDecls := p.scope.openDecls }
  let fn := Parser.andthenFn Parser.whitespace Parser.Tactic.tacticSeq.fn
  let s := fn.run ictx pmctx (Parser.getTokenTable env) (Parser.mkParserState text)
  if s.hasError || !s.recoveredErrors.isEmpty then throw (s.toErrorMsg ictx)
  unless ictx.atEnd s.pos do throw ((s.mkError "end of input").toErrorMsg ictx)
  return s.stxStack.back

/-- Runs parsed tactics on goals, without error recovery; the goals that they say are left. -/
def run (goals : List MVarId) (stx : Syntax) : TermElabM (List MVarId) := do
  let action : Elab.Tactic.TacticM (List MVarId) := do
    Elab.Tactic.evalTactic stx
    Term.synthesizeSyntheticMVarsNoPostponing
    Elab.Tactic.getUnsolvedGoals
  let (left, _) ← (action { elaborator := .anonymous, recover := false }).run { goals }
  return left

/-- Why a term does not count. -/
private def faultOf (kind : ErrorClass) : TacticError :=
  match kind with
  | .sorry => { kind, message := "the tactic leaves a hole: its term contains `sorry`" }
  | _ => { kind, message := "the tactic appeals to compiled code or to a new axiom, which the kernel \
      does not check" }

private def trustsCompiler (n : Name) : Bool :=
  n == ``Lean.ofReduceBool || n == ``Lean.ofReduceNat || n == ``Lean.trustCompiler

/-- Looks through a term, and through the auxiliary declarations that it uses and that `before` does
not have. -/
private partial def findFault (before after : Environment) (e : Expr) : Option ErrorClass :=
  ((visit e).run {}).1
where
  visit (e : Expr) : StateM NameSet (Option ErrorClass) := do
    for n in e.getUsedConstants do
      if n == ``sorryAx then return some .sorry
      if trustsCompiler n then return some .forbidden
      if (after.getModuleIdxFor? n).isSome || before.contains n || (← get).contains n then continue
      modify (·.insert n)
      let some info := after.find? n | return some .forbidden
      if info matches .axiomInfo _ then return some .forbidden
      if let some value := info.value? (allowOpaque := true) then
        if let some fault ← visit value then return some fault
    return none

/-- What a tactic left. -/
structure Left where
  /-- The goals, in order. -/
  goals : List MVarId
  /-- Unassigned metavariables that the proof depends on and that are no goals. -/
  holes : Array MVarId

/-- Looks at what was assigned to the goals and holes of `p`. -/
def inspect (p : ProofState) (goals : List MVarId) : MetaM (Except TacticError Left) := do
  let mut holes := #[]
  for m in p.goals ++ p.holes do
    if goals.contains m then continue
    let e ← instantiateMVars (.mvar m)
    if let some kind := findFault p.core.env (← getEnv) e then return .error (faultOf kind)
    if e.hasExprMVar then
      for m in ← getMVarsNoDelayed e do
        unless goals.contains m || holes.contains m do holes := holes.push m
  return .ok { goals, holes }

/-- The unassigned metavariables that a goal mentions, itself included. -/
private def mentioned (goal : MVarId) : MetaM (Array MVarId) := do
  let decl ← goal.getDecl
  let mut found := #[goal]
  let mut terms := #[decl.type]
  for d? in decl.lctx.decls do
    if let some d := d? then
      terms := terms.push d.type
      if let some v := d.value? then terms := terms.push v
  for e in terms do
    if e.hasExprMVar then
      let e ← instantiateMVars e
      if e.hasExprMVar then found := found ++ (← getMVarsNoDelayed e)
  return found

/-- Goals that belong together, and the holes that they must fill. -/
structure Group where
  /-- The goals, in order. -/
  goals : List MVarId
  /-- Their holes. -/
  holes : List MVarId

/-- Extends the last interval until nothing that it mentions is mentioned later. Intervals keep the
goals of a group contiguous. -/
private def intervals (mentions : Array (Array MVarId)) : Array (Nat × Nat) := Id.run do
  let mut result := #[]
  let mut start := 0
  while start < mentions.size do
    let mut stop := start + 1
    let mut i := start
    while i < stop do
      for j in [stop:mentions.size] do
        if mentions[j]!.any mentions[i]!.contains then stop := j + 1
      i := i + 1
    result := result.push (start, stop)
    start := stop
  return result

/-- Splits goals into groups that share no unassigned metavariable; a hole that no goal mentions is
an error, since nothing will ever fill it. -/
def split (left : Left) (separate : Bool) : MetaM (Except TacticError (Array Group)) := do
  let goals := left.goals.toArray
  let mentions ← goals.mapM mentioned
  for hole in left.holes do
    unless mentions.any (·.contains hole) do
      return .error {
        kind := .tacticFailed
        message := "the tactic leaves a metavariable that is not a goal and that no goal determines" }
  let bounds := if separate then intervals mentions
    else if goals.isEmpty then #[] else #[(0, goals.size)]
  return .ok <| bounds.map fun (start, stop) => {
    goals := (goals.extract start stop).toList
    holes := left.holes.toList.filter fun hole =>
      (mentions.extract start stop).any (·.contains hole) }

end Tactic

end Lakatos
