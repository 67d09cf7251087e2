import Lakatos.Verbalise.Template

/-!
# What the elements of a type are called
-/

namespace Lakatos.Verbalise

open Lean Meta

namespace Nouns

/-- A function type's arguments and result, where none of the arguments occurs later. -/
private partial def arrows (type : Expr) (arguments : Array Expr := #[]) : Array Expr × Expr :=
  match type.consumeMData with
  | .forallE _ domain body .default =>
    if body.hasLooseBVars then (arguments, type) else arrows body (arguments.push domain)
  | t => (arguments, t)

private def ofPredicate (v : Voice) (arguments : Array Expr) : SayM Noun := do
  let sorts ← arguments.mapM fun a => return (← v.noun a).many
  match sorts.toList with
  | [one] => return { one := s!"predicate on {one}", many := s!"predicates on {one}" }
  | [one, other] =>
    if one == other then
      return { one := s!"binary relation on {one}", many := s!"binary relations on {one}" }
    return { one := s!"relation between {one} and {other}"
             many := s!"relations between {one} and {other}" }
  | several =>
    let on := listed several
    return { one := s!"{several.length}-place relation on {on}"
             many := s!"{several.length}-place relations on {on}" }

/-- Brackets around what is itself a function, so that one can see where it ends. -/
private def grouped (type : Expr) (noun : String) : String :=
  if type.consumeMData.isForall then s!"({noun})" else noun

private def ofFunction (v : Voice) (arguments : Array Expr) (result : Expr) : SayM Noun := do
  let to := (← v.noun result).many
  if h : arguments.size = 1 then
    let «from» := grouped arguments[0] (← v.noun arguments[0]).many
    return { one := s!"function from {«from»} to {to}", many := s!"functions from {«from»} to {to}" }
  let taken ← arguments.toList.mapM fun a => return grouped a (← v.noun a).withArticle
  let result := (← v.noun result).withArticle
  return { one := s!"function taking {listed taken} to {result}"
           many := s!"functions taking {listed taken} to {result}" }

/-- A function whose result's type depends on the argument. -/
private def ofDependent (v : Voice) (binder : Name) (info : BinderInfo) (domain body : Expr) :
    SayM Noun := do
  let domainNoun ← if ← isProp domain then pure none else some <$> v.noun domain
  withVariable binder info domain fun x => do
    let result ← v.noun (body.instantiate1 x)
    let said ← match domainNoun with
      | some n => pure s!"every {n.called (← nameOf x)}"
      | none => pure s!"every proof {← nameOf x} that {(← v.prop domain).text},"
    return { one := s!"function sending {said} to {result.withArticle}"
             many := s!"functions sending {said} to {result.withArticle}" }

private def ofSubtype (v : Voice) (base predicate : Expr) : SayM Noun := do
  let noun ← v.noun base
  let (binder, info, body) := match predicate.consumeMData with
    | .lam binder _ body info => (binder, info, body)
    | p => (`x, .default, .app p (.bvar 0))
  withVariable binder info base fun x => do
    let name ← nameOf x
    let said := (← v.prop (body.instantiate1 x)).text
    return { one := s!"{noun.called name} such that ({said})"
             many := s!"{noun.calledAll [name]} such that ({said})", own := true }

end Nouns

/-- What the elements of a type are called. -/
def sayNoun (v : Voice) (type : Expr) : SayM Noun := do
  let type := (← instantiateMVars type).consumeMData.cleanupAnnotations.headBeta
  match type with
  | .sort .zero => return { one := "proposition", many := "propositions" }
  | .sort (.succ _) => return { one := "type", many := "types" }
  | .sort _ => return { one := "type or proposition", many := "types or propositions" }
  | .forallE binder domain body info =>
    let (arguments, result) := Nouns.arrows type
    if arguments.isEmpty then
      if ← isProp type then proofs type else Nouns.ofDependent v binder info domain body
    else if result.isProp then Nouns.ofPredicate v arguments
    else if ← isProp type then proofs type
    else Nouns.ofFunction v arguments result
  | _ =>
    if ← isProp type then return ← proofs type
    let head := type.getAppFn
    if let some name := head.constName? then
      if name == `Subtype && type.getAppNumArgs == 2 then
        return ← Nouns.ofSubtype v (type.getArg! 0) (type.getArg! 1)
      if let some (one, many) := nounOf[name]? then
        let (arguments, _) ← explicitArguments head type.getAppArgs
        if arityOf one ≤ arguments.size && arguments.size ≤ max (arityOf one) 0 then
          let one ← fill v one arguments type
          return { one, many := ← fill v many arguments type }
    let said := (← v.term type).tail
    return { one := s!"element of {said}", many := s!"elements of {said}" }
where
  proofs (type : Expr) : SayM Noun := do
    let said := (← v.prop type).text
    return { one := s!"proof that ({said})", many := s!"proofs that ({said})" }

end Lakatos.Verbalise
