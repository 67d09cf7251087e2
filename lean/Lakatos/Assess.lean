import Lakatos.Verbalise
import Lakatos.Assess.Instances
import Lakatos.Assess.Tries

/-!
# The operation `assess`

What can be said at once of statements that a model has proposed: how they read in English, what their
small instances say, whether their hypotheses contradict each other, whether a hypothesis already says
the conclusion, and whether the conclusion holds by the types alone.
-/

namespace Lakatos

open Lean Meta Elab

namespace Assess

/-- The parts of a conjunction. -/
private partial def conjuncts (e : Expr) : Array Expr :=
  let e := e.consumeMData
  if e.isAppOfArity `And 2 then conjuncts (e.getArg! 0) ++ conjuncts (e.getArg! 1) else #[e]

/-- The same proposition with the sides of an equality exchanged. -/
private def turned (e : Expr) : Expr :=
  if e.isAppOfArity `Eq 3 then
    mkApp3 e.getAppFn (e.getArg! 0) (e.getArg! 2) (e.getArg! 1)
  else e

/-- Whether a part of the conclusion, which is no mere propositional variable, is a part of a
hypothesis. -/
def restates (hypotheses : Array Expr) (conclusion : Expr) : Bool :=
  let given := hypotheses.flatMap conjuncts
  (conjuncts conclusion).any fun part =>
    !part.getAppFn.isFVar && (given.contains part || given.contains (turned part))

/-- Whether the conclusion holds by its form or by the types alone. -/
private partial def trivialByForm (e : Expr) : MetaM Bool := do
  let e := e.consumeMData
  if e.isConstOf `True then return true
  if e.isAppOfArity `And 2 then
    return (← trivialByForm (e.getArg! 0)) && (← trivialByForm (e.getArg! 1))
  if e.isAppOfArity `Or 2 then
    return (← trivialByForm (e.getArg! 0)) || (← trivialByForm (e.getArg! 1))
  if e.isAppOfArity `Iff 2 then return e.getArg! 0 == e.getArg! 1
  if e.isAppOfArity `Eq 3 || e.isAppOfArity `HEq 4 then
    return e.appFn!.appArg! == e.appArg! || (e.isAppOfArity `Eq 3 && (← isSubsingleton (e.getArg! 0)))
  if e.isAppOfArity `LE.le 4 then
    return e.getArg! 2 == e.getArg! 3 || isNaturalZero (e.getArg! 0) (e.getArg! 2)
  if e.isAppOfArity `GE.ge 4 then
    return e.getArg! 2 == e.getArg! 3 || isNaturalZero (e.getArg! 0) (e.getArg! 3)
  if e.isAppOfArity `Not 1 then
    let inner := (e.getArg! 0).consumeMData
    if inner.isAppOfArity `LT.lt 4 then
      return inner.getArg! 2 == inner.getArg! 3 || isNaturalZero (inner.getArg! 0) (inner.getArg! 3)
    return false
  match e with
  | .forallE name type body info =>
    if !body.hasLooseBVars && (← isProp type) && type == body then return true
    withLocalDecl name info type fun x => trivialByForm (body.instantiate1 x)
  | _ =>
    if e.isAppOfArity `Exists 2 then
      if ← isProp (e.getArg! 0) then return false
      let predicate := e.getArg! 1
      return ← withLocalDecl `x .default (e.getArg! 0) fun x => do
        let body := (predicate.beta #[x]).consumeMData
        -- `∃ x, x = t`, or a trivial property of an inhabited type's elements.
        if body.isAppOfArity `Eq 3 then
          let (l, r) := (body.getArg! 1, body.getArg! 2)
          if (l == x && !r.containsFVar x.fvarId!) || (r == x && !l.containsFVar x.fvarId!) then return true
        trivialByForm body
    return false
where
  isNaturalZero (type e : Expr) : Bool :=
    type.isConstOf `Nat && Verbalise.numeral? e == some 0
  isSubsingleton (type : Expr) : MetaM Bool := do
    let type := type.consumeMData
    return type.isConstOf `Unit || type.isConstOf `PUnit

private def pairs (values : Array (String × String)) : Json :=
  .arr (values.map fun (n, v) => Json.mkObj [("name", n), ("value", v)])

private def Instances.json (i : Instances) : Json :=
  Json.mkObj [("tried", i.tried), ("satisfied", i.satisfied), ("confirmed", i.confirmed),
    ("counterexample", (i.counterexample?.map pairs).getD .null), ("complete", i.complete),
    ("roundings", .arr (i.roundings.map fun r =>
      Json.mkObj [("key", r.key), ("term", r.term), ("values", pairs r.values)]))]

/-- The assessment of an elaborated statement. -/
def ofStatement (type : Expr) (heartbeats : Nat) : TermElabM (List (String × Json)) := do
  forallTelescope type fun arguments conclusion => do
    let mut variables := #[]
    let mut hypotheses := #[]
    let mut instances := 0
    for x in arguments do
      let t ← inferType x
      if ← isProp t then hypotheses := hypotheses.push t
      else if (← isClass? t).isSome then instances := instances + 1
      else variables := variables.push x
    let small ← if instances == 0 then smallInstances variables hypotheses conclusion else pure {}
    let contradictory? ←
      if hypotheses.isEmpty || small.satisfied > 0 then pure none
      else provedBy? (mkConst `False) (← refuters) heartbeats
    let types ← arguments.mapM (inferType ·)
    let mut unused := #[]
    for x in variables do
      unless (types.push conclusion).any (·.containsFVar x.fvarId!) do
        unused := unused.push (toString (← x.fvarId!.getUserName))
    let conclusion := conclusion.cleanupAnnotations
    return [("instances", small.json),
      ("contradictory", (contradictory?.map Json.str).getD .null),
      ("restates", restates hypotheses conclusion),
      ("trivial", ← trivialByForm conclusion),
      ("unused", toJson unused)]

end Assess

/-- The operation `assess`. -/
def handleAssess : Handler := fun request => do
  let env ← WorkerM.envOf request
  let statements ← Request.field (Array String) request "statements"
  let heartbeats := (← Request.field? Nat request "heartbeats").getD 4000
  let mut answers := #[]
  for statement in statements do
    answers := answers.push (← attempt do
      let s ← Start.elaborate env statement
      let reading ← Verbalise.readConstant s.proof s.name s.info
      let scope := { s.proof.scope with levelNames := s.info.levelParams }
      let p := { s.proof with scope, goals := [], metaState := {} }
      let (said, _) ← WorkerM.runIn p (withLCtx {} {} (Assess.ofStatement s.info.type heartbeats))
      let digest ← GoalHash.hashExpr (← GoalHash.Context.new s.info.levelParams) s.info.type
      return Json.mkObj (("reading", reading) :: ("type_hash", .str digest.toHex)
        :: ("messages", ← messagesJson s.messages) :: said))
  return Json.mkObj [("assessments", .arr answers)]
where
  attempt (read : WorkerM Json) : WorkerM Json := do
    if ← WorkerM.deadlinePassed then
      return Json.mkObj [("error", Failure.toJson
        { kind := .deadline, message := "the deadline passed before this one's turn" })]
    try read catch failure => return Json.mkObj [("error", failure.toJson)]

end Lakatos
