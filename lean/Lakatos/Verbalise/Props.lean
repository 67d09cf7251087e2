import Lakatos.Verbalise.Terms

/-!
# Reading a proposition out

Connectives keep their places: what is a conjunction in Lean is one in English, and a premise that Lean
keeps apart is kept apart. Quantifiers over the same type that follow each other share their words.
-/

namespace Lakatos.Verbalise

open Lean Meta

namespace Props

private def clause (text : String) : Said :=
  { text, bond := .clause }

private def relation (text : String) : Said :=
  { text, bond := .relation }

/-- Number types whose elements could be meant by a bare numeral. -/
private def numeric : List Name :=
  [`Nat, `Int, `Rat, `Real, `Complex, `Float] ++ wrapping

/-- Whether a reader sees the type of a term without being told: a variable, a coercion or a function
with a type of its own stands in it. -/
partial def evident (e : Expr) : MetaM Bool := do
  let e := e.consumeMData
  if (numeral? e).isSome then return false
  match e.getAppFn with
  | .fvar _ => return true
  | .const name _ =>
    if name == `Int.ofNat || name == `Int.negSucc then return true
    let some info := (← getEnv).find? name | return true
    if info.type.getForallBody.consumeMData.isConst then return true
    if [`Nat.cast, `Int.cast, `NatCast.natCast, `IntCast.intCast].contains name then return true
    if name == `HPow.hPow && e.getAppNumArgs == 6 then return ← evident (e.getArg! 4)
    let (explicit, _) ← explicitArguments e.getAppFn e.getAppArgs
    explicit.anyM evident
  | _ => return false

/-- ` (integers)` after a comparison whose sides do not tell their type. -/
private def typeNote (v : Voice) (type : Expr) (sides : Array Expr) : SayM String := do
  if ← sides.anyM (evident ·) then return ""
  let type ← instantiateMVars type
  let mentionsNumbers := type.find? fun t => (t.constName?.map numeric.contains).getD false
  if mentionsNumbers.isNone then return ""
  return s!" ({(← v.noun type).many})"

private def comparison (v : Voice) (e : Expr) (symbol : String) (arguments explicit : Array Expr) :
    SayM Said := do
  let note ← typeNote v (arguments[0]?.getD e) explicit
  let some a := explicit[0]? | throwError "a comparison without sides"
  let some b := explicit[1]? | throwError "a comparison without a second side"
  return relation s!"{(← v.term a).side} {symbol} {(← v.term b).side}{note}"

/-- What a proposition that is an application of a constant says, or what its negation says. -/
private def byPhrase? (v : Voice) (e : Expr) (denied : Bool) : SayM (Option Said) := do
  let head := e.getAppFn
  let some name := head.constName? | return none
  let some phrase := phrases[name]? | return none
  let arguments := e.getAppArgs
  let (explicit, _) ← explicitArguments head arguments
  let explicit ← Terms.withoutProofs explicit
  let noted (said : Said) : SayM (Option Said) := do
    note fun f => { f with relations := f.relations.push (toString name) }
    return some said
  match phrase with
  | .compares symbol no =>
    unless explicit.size == 2 do return none
    if denied && no.isEmpty then return none
    noted (← comparison v e (if denied then no else symbol) arguments explicit)
  | .says template =>
    if denied || explicit.size != arityOf template then return none
    noted (relation (← fill v template explicit e))
  | .saysOr template no =>
    unless explicit.size == arityOf template do return none
    let typed ← if name == `Dvd.dvd then typeNote v arguments[0]! explicit else pure ""
    noted (relation ((← fill v (if denied then no else template) explicit e) ++ typed))
  | _ => return none

private def negation (v : Voice) (e : Expr) : SayM Said := do
  note fun f => { f with connectives := f.connectives.push "not" }
  if let some said ← byPhrase? v e true then return said
  let said ← v.prop e
  if said.bond == .atom then return relation s!"not {said.text}"
  return clause s!"it is not the case that {said.junct}"

/-- The parts of a chain of one connective that groups to the right. -/
private partial def chain (connective : Name) (e : Expr) (done : Array Expr := #[]) : Array Expr :=
  if e.isAppOfArity connective 2 then chain connective (e.getArg! 1) (done.push (e.getArg! 0))
  else done.push e

private def joined (v : Voice) (connective : Name) (word : String) (e : Expr) : SayM String := do
  let parts := chain connective e
  note fun f => { f with connectives := f.connectives.push word }
  let said ← parts.toList.mapM fun p => return (← v.prop p).junct
  return s!" {word} ".intercalate said

/-- `every natural number n`, `all natural numbers m and n`. -/
private def quantified (noun : Noun) (names : Array String) : String :=
  if names.size == 1 then s!"every {noun.called names[0]!}"
  else s!"all {noun.calledAll names.toList}"

private def noteQuantifier (kind : String) (noun : Noun) (name : String) (type : Expr) : SayM Unit :=
  note fun f => { f with
    quantifiers := f.quantifiers.push { kind, name, range := noun.one }
    types := f.types.push (toString ((headOf type).getD .anonymous)) }

/-- The instance-implicit premise that a class makes. -/
def sayClass (v : Voice) (type : Expr) : SayM String := do
  let type := (← instantiateMVars type).consumeMData
  let head := type.getAppFn
  if let some name := head.constName? then
    let (explicit, _) ← explicitArguments head type.getAppArgs
    match classes[name]? <|> phrases[name]? with
    | some (.says template) | some (.saysOr template _) =>
      if explicit.size ≥ arityOf template then return ← fill v template explicit type
    | _ => pure ()
    if name == `DecidableEq then return s!"equality on {(← v.term type.appArg!).tight} can be decided"
    if name == `DecidablePred || name == `DecidableRel then
      return s!"{(← v.term explicit[0]!).tight} can be decided"
    if name == `Decidable then return s!"it can be decided whether {(← v.prop type.appArg!).text}"
    let said ← explicit.toList.mapM fun a => return (← v.term a).text
    return s!"there is an instance of {Terms.constantName name}({", ".intercalate said})"
  return s!"there is an instance of {(← v.term type).tight}"

/-- `for every …, …`, from the outside in. -/
private partial def universal (v : Voice) (e : Expr) : SayM Said := do
  let .forallE binder domain body info := e | v.prop e
  if info.isInstImplicit then
    let said ← sayClass v domain
    return ← withVariable binder info domain fun x => do
      return clause s!"provided that {said}, {(← v.prop (body.instantiate1 x)).text}"
  if ← isProp domain then
    unless body.hasLooseBVars do return ← implication v e
    let said ← v.prop domain
    return ← withVariable binder info domain fun h => do
      return clause s!"for every proof {← nameOf h} that {said.junct}, \
        {(← v.prop (body.instantiate1 h)).text}"
  let noun ← v.noun domain
  variables v noun domain e #[]
where
  /-- Premises that are not spoken of later: `if A and if B, then C`. -/
  implication (v : Voice) (e : Expr) : SayM Said := do
    let rec premises (e : Expr) (done : Array String) : SayM (Array String × Expr) := do
      match e.consumeMData with
      | .forallE _ domain body info =>
        if !body.hasLooseBVars && !info.isInstImplicit && (← isProp domain) then
          premises body (done.push (← v.prop domain).junct)
        else return (done, e)
      | e => return (done, e)
    let (said, conclusion) ← premises e #[]
    note fun f => { f with connectives := f.connectives.push "implies" }
    let before := " and if ".intercalate said.toList
    return clause s!"if {before}, then {(← v.prop conclusion).text}"
  /-- Variables of one type. -/
  variables (v : Voice) (noun : Noun) (domain e : Expr) (names : Array String) : SayM Said := do
    match e with
    | .forallE binder type body info =>
      if type == domain && !info.isInstImplicit then
        return ← withVariable binder info type fun x => do
          noteQuantifier "forall" noun (← nameOf x) type
          variables v noun domain (body.instantiate1 x) (names.push (← nameOf x))
    | _ => pure ()
    let (bounds, rest) ← bounded v e #[]
    let suchThat := if bounds.isEmpty then "" else s!" such that {listed bounds.toList}"
    return clause s!"for {quantified noun names}{suchThat}, {(← v.prop rest).text}"
  /-- Premises without connectives that follow the variables at once. -/
  bounded (v : Voice) (e : Expr) (done : Array String) : SayM (Array String × Expr) := do
    match e with
    | .forallE _ domain body .default =>
      unless !body.hasLooseBVars && (← isProp domain) do return (done, e)
      let before ← get
      let said ← v.prop domain
      if said.bond != .relation then
        set before
        return (done, e)
      bounded v body (done.push said.text)
    | _ => return (done, e)

/-- `there is … such that …`. -/
private partial def existential (v : Voice) (kind : String) (e : Expr) : SayM Said := do
  let domain := e.getArg! 0
  if ← isProp domain then
    let .lam binder _ body info := expanded (e.getArg! 1) domain | throwError "no predicate"
    let said ← v.prop domain
    return ← withVariable binder info domain fun h => do
      note fun f => { f with connectives := f.connectives.push "and" }
      return { text := s!"{said.junct} and {(← v.prop (body.instantiate1 h)).junct}", bond := .conj }
  let noun ← v.noun domain
  variables v noun domain e #[]
where
  expanded (predicate domain : Expr) : Expr :=
    match predicate.consumeMData with
    | p@(.lam ..) => p
    | p => .lam `x domain (.app p (.bvar 0)) .default
  variables (v : Voice) (noun : Noun) (domain e : Expr) (names : Array String) : SayM Said := do
    let again := names.isEmpty || (kind == "exists" && e.isAppOfArity `Exists 2)
    if again && e.getAppNumArgs == 2 && e.getArg! 0 == domain then
      if let .lam binder type body info := expanded (e.getArg! 1) domain then
        return ← withVariable binder info type fun x => do
          noteQuantifier kind noun (← nameOf x) type
          variables v noun domain (body.instantiate1 x).headBeta (names.push (← nameOf x))
    let said := (← v.prop e).text
    if kind == "exists_unique" then
      return clause s!"there is exactly one {noun.called names[0]!} such that {said}"
    if names.size == 1 then
      return clause s!"there is {article noun.one} {noun.called names[0]!} such that {said}"
    return clause s!"there are {noun.calledAll names.toList} such that {said}"

/-- `b = true`, which is how a Boolean counts as a proposition. -/
private def boolean? (v : Voice) (e : Expr) : SayM (Option Said) := do
  unless e.isAppOfArity `Eq 3 && (e.getArg! 0).isConstOf `Bool do return none
  let truth := e.getArg! 2
  unless truth.isConstOf `Bool.true || truth.isConstOf `Bool.false do return none
  let word := if truth.isConstOf `Bool.true then "true" else "false"
  let note ← typeNoteOf (e.getArg! 1)
  return some (relation s!"{(← v.term (e.getArg! 1)).tight} is {word}{note}")
where
  /-- A Boolean test of bare numerals needs its type told as well. -/
  typeNoteOf (b : Expr) : SayM String := do
    if b.isAppOfArity `BEq.beq 4 || b.isAppOfArity `bne 4 then
      typeNote v (b.getArg! 0) (b.getAppArgs.extract 2 4)
    else return ""

end Props

/-- Reads a proposition out. -/
def sayProp (v : Voice) (e : Expr) : SayM Said := do
  let e := (← instantiateMVars e).consumeMData.cleanupAnnotations.headBeta
  match e with
  | .forallE .. => Props.universal v e
  | .letE name type value body _ =>
    let value ← v.term value
    withVariable name .default type fun x => do
      return { text := s!"with {← nameOf x} standing for {value.tight}, \
        {(← v.prop (body.instantiate1 x)).text}", bond := .clause }
  | .fvar _ => return { text := ← nameOf e }
  | _ =>
    if e.isConstOf `True then return { text := "the trivial proposition holds", bond := .relation }
    if e.isConstOf `False then return { text := "a contradiction holds", bond := .relation }
    if e.isAppOfArity `Not 1 then return ← Props.negation v (e.getArg! 0)
    if e.isAppOfArity `And 2 then return { text := ← Props.joined v `And "and" e, bond := .conj }
    if e.isAppOfArity `Or 2 then return { text := ← Props.joined v `Or "or" e, bond := .disj }
    if e.isAppOfArity `Iff 2 then
      note fun f => { f with connectives := f.connectives.push "iff" }
      let (a, b) := (← v.prop (e.getArg! 0), ← v.prop (e.getArg! 1))
      return { text := s!"{a.junct} if and only if {b.junct}", bond := .clause }
    if e.isAppOfArity `Exists 2 then return ← Props.existential v "exists" e
    if e.isAppOfArity `ExistsUnique 2 then return ← Props.existential v "exists_unique" e
    if let some said ← Props.boolean? v e then return said
    if e.isAppOfArity `ite 5 then
      let said (i : Nat) : SayM String := return (← v.prop (e.getArg! i)).junct
      return { text := s!"if {← said 1} then {← said 3}, and otherwise {← said 4}", bond := .clause }
    if let some said ← Props.byPhrase? v e false then return said
    let head := e.getAppFn
    if let some name := head.constName? then
      if let some (.says template) := classes[name]? then
        let (explicit, _) ← explicitArguments head e.getAppArgs
        if explicit.size ≥ arityOf template then
          return { text := ← fill v template explicit e, bond := .relation }
    if head.isFVar then
      let (explicit, silent) ← explicitArguments head e.getAppArgs
      return ← Terms.call v (← nameOf head) (← Terms.withoutProofs explicit) silent
    if head.isConst then
      note fun f => { f with relations := f.relations.push (toString head.constName!) }
      if let some said ← Terms.cases? v e then return said
      let said ← Terms.unknown v head e.getAppArgs
      return { text := s!"{said.text} holds", bond := .relation }
    let said ← Terms.call v (← v.term head).tight e.getAppArgs
    return { said with text := said.text ++ " holds", bond := .relation }

end Lakatos.Verbalise
