import Lakatos.Verbalise.Nouns

/-!
# Reading a term out

Symbols and phrases where the table has them; otherwise a constant is read out by its full name and its
explicit arguments, with the implicit ones that these do not tell.
-/

namespace Lakatos.Verbalise

open Lean Meta

namespace Terms

/-- The elements of a list that is written out. -/
partial def listElements? (e : Expr) (done : Array Expr := #[]) : Option (Array Expr) :=
  if e.isAppOfArity `List.nil 1 then some done
  else if e.isAppOfArity `List.cons 3 then listElements? (e.getArg! 2) (done.push (e.getArg! 1))
  else none

private def commas (v : Voice) (arguments : Array Expr) : SayM String := do
  return ", ".intercalate (← arguments.toList.mapM fun a => return (← v.term a).text)

/-- A decimal: `OfScientific.ofScientific m true e`. -/
def decimal? (e : Expr) : Option String := do
  guard (e.isAppOfArity `OfScientific.ofScientific 5)
  let m ← numeral? (e.getArg! 2)
  let places ← numeral? (e.getArg! 4)
  guard ((e.getArg! 3).isConstOf `Bool.true)
  let digits := toString m
  let digits := "".pushn '0' (places + 1 - digits.length) ++ digits
  let whole := digits.length - places
  return (digits.take whole).toString ++ "." ++ (digits.drop whole).toString

/-- `fun x y => body`: the function that sends … to …. -/
partial def function (v : Voice) (e : Expr) : SayM Said := do
  let rec go (e : Expr) (taken : Array String) : SayM Said := do
    match e.consumeMData with
    | .lam binder domain body info =>
      if info.isInstImplicit then
        withVariable binder info domain fun x => go (body.instantiate1 x) taken
      else
        let noun ← v.noun domain
        withVariable binder info domain fun x => do
          go (body.instantiate1 x) (taken.push (noun.called (← nameOf x)))
    | body =>
      let said ← v.term body
      let value := if said.bond == .clause then said.bracketed else said.text
      let value := if ← isProp body then s!"the proposition ({said.text})" else value
      let taken := listed (taken.toList.map fun t => "every " ++ t)
      return { text := s!"the function that sends {taken} to {value}", bond := .sprawling }
  go e #[]

private def ifThenElse (v : Voice) (condition : Expr) (yes no : SayM Said) : SayM Said := do
  let said ← v.prop condition
  let (yes, no) := (← yes, ← no)
  return { text := s!"{yes.tight} if {said.text}, and otherwise {no.tight}", bond := .sprawling }

/-- A branch of a dependent `if`, with a name for the proof. -/
private def branch (v : Voice) (e : Expr) : SayM Said := do
  match e with
  | .lam binder domain body info =>
    withVariable binder info domain fun h => v.term (body.instantiate1 h)
  | e => v.term e

private def entry (v : Voice) (op : Name) (list index : Expr) (after : String) : SayM Said := do
  noteOperation op none #[]
  return { text := s!"{(← v.term list).tight}[{(← v.term index).text}]{after}" }

/-- `match`, case by case. -/
def cases? (v : Voice) (e : Expr) : SayM (Option Said) := do
  let some app ← matchMatcherApp? e | return none
  unless app.remaining.isEmpty do return none
  let subjects ← app.discrs.filterM fun d => return !(← isProof d)
  let subjects ← subjects.toList.mapM fun d => return (← v.term d).tight
  let matcher := mkAppN (.const app.matcherName app.matcherLevels.toList) app.params
  let type ← inferType matcher
  -- The patterns are the arguments of the motive in the types of the alternatives.
  let said ← forallBoundedTelescope type (some (1 + app.discrs.size)) fun _ rest =>
    eachCase rest app.alts.toList
  return some { text := s!"the value by cases on {listed subjects}: {"; ".intercalate said}"
                bond := .sprawling }
where
  eachCase (type : Expr) : List Expr → SayM (List String)
    | [] => return []
    | alternative :: more => do
      match type.consumeMData with
      | .forallE _ altType rest _ =>
        let said ← withArguments altType fun xs result => do
          let patterns ← result.getAppArgs.filterM fun p => return !(← isProof p)
          let patterns ← patterns.toList.mapM fun p => return (← v.term p).text
          let value ← v.term (alternative.beta xs)
          return s!"for {", ".intercalate patterns} it is {value.tight}"
        return said :: (← eachCase rest more)
      | _ => throwError "a match with more alternatives than its type has"

/-- `f(x, y)` for whatever `f` is. -/
def call (v : Voice) (head : String) (arguments : Array Expr)
    (silent : Array (Name × Expr) := #[]) : SayM Said := do
  -- Where commas set arguments apart, one that has commas of its own stands in brackets.
  let one := arguments.size + silent.size == 1
  let apart (s : Said) : String := if s.bond == .sprawling && !one then s.bracketed else s.text
  let said ← arguments.toList.mapM fun a => return apart (← v.term a)
  let told ← silent.toList.mapM fun (n, a) => return s!"{n.eraseMacroScopes} := {apart (← v.term a)}"
  if said.isEmpty && told.isEmpty then return { text := head }
  return { text := s!"{head}({", ".intercalate (told ++ said)})" }

/-- A constant's name as a reader finds it in the library. -/
def constantName (n : Name) : String :=
  s!"`{privateToUserName n}`"

def unknown (v : Voice) (head : Expr) (arguments : Array Expr) : SayM Said := do
  let (explicit, silent) ← explicitArguments head arguments
  let data ← explicit.filterM fun a => return !(← isProof a)
  let silent ← silent.filterM fun (_, a) => return !(← isProof a)
  let name := constantName head.constName!
  if let some info ← getProjectionFnInfo? head.constName! then
    unless info.fromClass do
      if let some subject := arguments[info.numParams]? then
        if data.size ≥ 1 then
          let field := head.constName!.getString!
          let text := s!"the field `{field}` of {(← v.term subject).tail}"
          let rest := arguments.extract (info.numParams + 1) arguments.size
          if rest.isEmpty then return { text, bond := .phrase }
          return ← call v s!"({text})" rest
  call v name data silent

/-- An application of a constant by its phrase, where it has one and enough arguments. -/
def phrase? (v : Voice) (e : Expr) (phrase : Phrase) (explicit : Array Expr) : SayM (Option Said) := do
  match phrase, explicit with
  | .infixl symbol p, #[a, b] =>
    return some { text := (← v.term a).operand p true ++ symbol ++ (← v.term b).operand p false
                  bond := .op p }
  | .infixr symbol p, #[a, b] =>
    return some { text := (← v.term a).operand p false ++ symbol ++ (← v.term b).operand p true
                  bond := .op p }
  | .sign symbol p, #[a] =>
    return some { text := symbol ++ (← v.term a).operand p true, bond := .op p }
  | .words template, _ =>
    unless explicit.size == arityOf template do return none
    let bond := if beginsWithWords template then .phrase else .loose
    return some { text := ← fill v template explicit e, bond }
  | .call template, _ =>
    unless explicit.size == arityOf template do return none
    return some { text := ← fill v template explicit e }
  | _, _ => return none

/-- Drops arguments that are proofs: they say nothing that the statement does not. -/
def withoutProofs (arguments : Array Expr) : MetaM (Array Expr) :=
  arguments.filterM fun a => return !(← isProof a)

def constant (v : Voice) (e head : Expr) (arguments : Array Expr) : SayM Said := do
  let name := head.constName!
  let last (i : Nat) : Expr := arguments[arguments.size - 1 - i]!
  match name, arguments.size with
  | `Nat.succ, 1 =>
    return { text := s!"{(← v.term (last 0)).operand 65 true} + 1", bond := .op 65 }
  | `ite, 5 => return ← ifThenElse v arguments[1]! (v.term (last 1)) (v.term (last 0))
  | `dite, 5 => return ← ifThenElse v arguments[1]! (branch v (last 1)) (branch v (last 0))
  | `cond, 4 =>
    return { text := s!"{(← v.term (last 1)).tight} if {(← v.term arguments[1]!).tight} is true, \
        and otherwise {(← v.term (last 0)).tight}", bond := .sprawling }
  | `GetElem.getElem, 8 => return ← entry v name arguments[5]! arguments[6]! ""
  | `GetElem?.getElem?, 7 => return ← entry v name arguments[5]! arguments[6]! "?"
  | `GetElem?.getElem!, 8 => return ← entry v name arguments[6]! arguments[7]! "!"
  | `Prod.mk, 4 => return { text := s!"({← commas v (arguments.extract 2 4)})" }
  | `List.nil, 1 => return { text := "[]" }
  | `List.toArray, 2 =>
    if let some elements := listElements? arguments[1]! then
      return { text := s!"#[{← commas v elements}]" }
  | `Subtype.mk, 4 => return ← v.term arguments[2]!
  | `Fin.mk, 3 =>
    return { text := s!"{(← v.term arguments[1]!).tight} in Fin({(← v.term arguments[0]!).text})"
             bond := .loose }
  | `OfNat.ofNat, 3 => return ← v.term arguments[1]!
  | `Char.ofNat, 1 =>
    if let .lit (.natVal n) := arguments[0]! then
      if (Char.ofNat n).toNat == n then return { text := (Char.ofNat n).quote }
  | _, _ => pure ()
  if let some elements := listElements? e then
    return { text := s!"[{← commas v elements}]" }
  let (explicit, _) ← explicitArguments head arguments
  let explicit ← withoutProofs explicit
  let type? := arguments[0]?.bind headOf
  noteOperation name type? explicit
  note fun f => { f with operations := f.operations.push (toString name) }
  if let some phrase := phrases[name]? then
    if let some said ← phrase? v e phrase explicit then return said
  if let some said ← cases? v e then return said
  unknown v head arguments

end Terms

/-- Reads a term out. -/
def sayTerm (v : Voice) (e : Expr) : SayM Said := do
  let e := (← instantiateMVars e).consumeMData.headBeta
  if let some n := numeral? e then
    note fun f => { f with numbers := f.numbers.push (toString n) }
    return { text := toString n }
  if let some text := Terms.decimal? e then
    note fun f => { f with numbers := f.numbers.push text }
    return { text }
  match e with
  | .fvar _ => return { text := ← nameOf e }
  | .bvar i => return { text := s!"#{i}" }
  | .mvar _ => return { text := "?" }
  | .lit (.strVal s) => return { text := s.quote }
  | .lit (.natVal n) => return { text := toString n }
  | .sort .zero => return { text := "the type of propositions", bond := .phrase }
  | .sort _ => return { text := "a universe of types", bond := .phrase }
  | .letE name type value body _ =>
    let value ← v.term value
    withVariable name .default type fun x => do
      let said ← v.term (body.instantiate1 x)
      return { text := s!"{said.tight} where {← nameOf x} stands for {value.tight}", bond := .sprawling }
  | .proj type index subject =>
    let fields := getStructureFields (← getEnv) type
    let field := (fields[index]?.map toString).getD (toString index)
    return { text := s!"the field `{field}` of {(← v.term subject).tail}", bond := .phrase }
  | .lam .. =>
    let reduced := e.eta
    let named := reduced.getAppFn.constName?.any phrases.contains
    if reduced.isLambda || named then Terms.function v e else v.term reduced
  | .forallE .. =>
    if ← isProp e then v.prop e
    else return { text := s!"the type of {(← v.noun e).many}", bond := .loose }
  | _ =>
    if e.isConstOf `True then return { text := "the trivial proposition", bond := .phrase }
    if e.isConstOf `False then return { text := "the contradictory proposition", bond := .phrase }
    if ← isProp e then return ← v.prop e
    if ← isProof e then return { text := "a proof", bond := .phrase }
    let head := e.getAppFn
    let arguments := e.getAppArgs
    match head with
    | .const name _ =>
      if nounOf.contains name || name == `Subtype then
        if (← whnf (← inferType e)).isSort then
          return { text := s!"the type of {(← v.noun e).many}", bond := .loose }
      Terms.constant v e head arguments
    | .fvar _ =>
      let (explicit, silent) ← explicitArguments head arguments
      Terms.call v (← nameOf head) (← Terms.withoutProofs explicit) silent
    | _ => Terms.call v (← v.term head).tight arguments

end Lakatos.Verbalise
