import Lakatos.Verbalise.Props

/-!
# A whole statement

The variables, the hypotheses and the conclusion of a closed type, each as a sentence and as a part of
its own, in the order in which they stand.
-/

namespace Lakatos.Verbalise

open Lean Meta

mutual

/-- A term; what no rule can read is shown as Lean prints it. -/
private partial def term (e : Expr) : SayM Said :=
  guarded e (sayTerm { term, prop, noun } e)

/-- A proposition, likewise. -/
private partial def prop (e : Expr) : SayM Said :=
  guarded e (sayProp { term, prop, noun } e)

/-- A type, likewise. -/
private partial def noun (e : Expr) : SayM Noun := do
  let shown : SayM Said := do
    let noun ← sayNoun { term, prop, noun } e
    return { text := noun.one ++ "\n" ++ noun.many ++ (if noun.own then "\n" else "") }
  let said ← guarded e shown
  match said.text.splitOn "\n" with
  | [one, many] => return { one, many }
  | [one, many, _] => return { one, many, own := true }
  | _ => return { one := s!"element of {said.text}", many := s!"elements of {said.text}" }

/-- What `say` says, or Lean's own text where it fails for another reason than the deadline. -/
private partial def guarded (e : Expr) (say : SayM Said) : SayM Said := do
  let before ← get
  try withIncRecDepth say
  catch failure =>
    if failure.isInterrupt then throw failure
    set before
    return { text := s!"`{(← ppExpr e).pretty 1000000}`" }

end

/-- How everything is read out. -/
def voice : Voice := { term, prop, noun }

/-- Variables of one type. -/
structure VariablePart where
  /-- Their names. -/
  names : Array String
  /-- `n and m are natural numbers`. -/
  english : String

/-- A hypothesis. -/
structure HypothesisPart where
  /-- Its name. -/
  name : String
  /-- Its type as Lean prints it. -/
  type : String
  /-- What it says. -/
  english : String

/-- A statement, read out. -/
structure Reading where
  /-- The whole. -/
  english : String
  /-- The variables. -/
  variables : Array VariablePart
  /-- What is assumed of types: instances. -/
  instances : Array String
  /-- The hypotheses. -/
  hypotheses : Array HypothesisPart
  /-- The conclusion as Lean prints it. -/
  conclusionType : String
  /-- What it says. -/
  conclusion : String
  /-- What occurs in it, and the conventions that came up. -/
  state : State

/-- What has been read of a telescope. -/
private structure Prefix where
  sentences : Array String := #[]
  variables : Array VariablePart := #[]
  instances : Array String := #[]
  hypotheses : Array HypothesisPart := #[]
  /-- Names, type and noun of variables that may go on. -/
  group : Array String := #[]
  groupType : Expr := default
  groupNoun : Noun := default
  /-- Hypotheses that belong into the next sentence. -/
  assumed : Array String := #[]

private def Prefix.closeGroup (p : Prefix) : Prefix :=
  if p.group.isEmpty then p else
    let (names, count) := (listed p.group.toList, p.group.size)
    let noun := p.groupNoun.counted count
    let be := if count == 1 then "is" else "are"
    { p with
      sentences := p.sentences.push s!"Let {names} be {noun}."
      variables := p.variables.push { names := p.group, english := s!"{names} {be} {noun}" }
      group := #[] }

private def Prefix.closeAssumed (p : Prefix) : Prefix :=
  if p.assumed.isEmpty then p else
    let that := ", and that ".intercalate p.assumed.toList
    { p with sentences := p.sentences.push s!"Suppose that {that}.", assumed := #[] }

private def shown (e : Expr) : MetaM String :=
  return (← ppExpr e).pretty 1000000

private partial def read (type : Expr) (p : Prefix) (k : Prefix → Expr → SayM α) : SayM α := do
  match type.consumeMData.headBeta with
  | .forallE binder domain body info =>
    let domain := domain.cleanupAnnotations
    if info.isInstImplicit || (← isClass? domain).isSome then
      let said ← Props.sayClass voice domain
      let p := p.closeGroup.closeAssumed
      let p := { p with sentences := p.sentences.push s!"Assume that {said}.", instances := p.instances.push said }
      withVariable binder info domain fun x => read (body.instantiate1 x) p k
    else if ← isProp domain then
      let english := (← prop domain).text
      let lean ← shown domain
      let p := p.closeGroup
      withVariable binder info domain fun x => do
        let name ← nameOf x
        let part := { name, type := lean, english : HypothesisPart }
        read (body.instantiate1 x)
          { p with hypotheses := p.hypotheses.push part, assumed := p.assumed.push english } k
    else
      let p := p.closeAssumed
      let alike := p.groupType == domain || (p.groupType.isType && domain.isType)
      let joins := !p.group.isEmpty && alike
      let p := if joins then p else p.closeGroup
      let noun ← if joins then pure p.groupNoun else noun domain
      withVariable binder info domain fun x => do
        let name ← nameOf x
        note fun f => { f with
          quantifiers := f.quantifiers.push { kind := "forall", name, range := noun.one }
          types := f.types.push (toString ((headOf domain).getD .anonymous)) }
        read (body.instantiate1 x)
          { p with group := p.group.push name, groupType := domain, groupNoun := noun } k
  | conclusion => k p.closeGroup.closeAssumed conclusion

/-- The sentences, with the last one for the conclusion, and what a reader must know besides. -/
private def whole (p : Prefix) (conclusion : String) (state : State) : String :=
  let last := if p.sentences.isEmpty then capitalised conclusion ++ "." else s!"Then {conclusion}."
  let notes := state.conventions.toList.map (·.2)
  let notes := if notes.isEmpty then [] else ["(" ++ " ".intercalate notes ++ ")"]
  " ".intercalate (p.sentences.toList ++ [last] ++ notes)

/-- Reads a closed proposition out. -/
def readStatement (type : Expr) : MetaM Reading := do
  let work : SayM Reading := read type {} fun p conclusion => do
    let said := (← prop conclusion).text
    let state ← get
    return {
      english := whole p said state, variables := p.variables, instances := p.instances
      hypotheses := p.hypotheses, conclusionType := ← shown conclusion, conclusion := said, state }
  work.run' {}

/-- Reads out what a constant that is no theorem is: its parameters, what it gives, and what it stands
for where that is known and not defined by recursion. -/
def readDefinition (info : ConstantInfo) : MetaM Reading := do
  let name := Terms.constantName info.name
  let value? := if info.hasValue then info.value? else none
  let work : SayM Reading := do
    let noun ← noun info.type
    let kind := s!"{name} is {noun.withArticle}."
    let said ← match value? with
      | some value => stands value
      | none => pure ""
    let english := if said.isEmpty then kind else s!"{kind} {said}"
    let state ← get
    return {
      english, variables := #[], instances := #[], hypotheses := #[]
      conclusionType := ← shown info.type, conclusion := english, state }
  work.run' {}
where
  stands (value : Expr) : SayM String := do
    withParameters value fun xs body => do
      let env ← getEnv
      let hidden := body.find? fun e =>
        e.isConst && (isRecCore env e.constName! || isAuxRecursor env e.constName! || e.constName!.isInternal)
      if hidden.isSome then
        return ""
      let explicit ← xs.filterM fun x => return (← x.fvarId!.getBinderInfo).isExplicit
      let subject ← Terms.call voice (Terms.constantName info.name) explicit
      if ← isProp body then
        return s!"It says: {subject.text} holds if and only if {(← prop body).junct}."
      return s!"Its value: {subject.text} = {(← term body).side}."

end Lakatos.Verbalise
