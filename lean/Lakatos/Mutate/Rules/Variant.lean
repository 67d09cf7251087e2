import Lakatos.Assess.Tries
import Lakatos.Mutate.Draft

/-!
# The rule `variant`

The same conclusion in another form: its sides exchanged, both sides negated, or the same added to both. The
seed chooses one form. That it says neither more nor less than the target is plain from its shape, or proved by
`grind`.
-/

namespace Lakatos.Mutate

open Lean Meta Elab

/-- Another form of a conclusion. -/
private structure Form where
  position : String
  conclusion : Expr
  /-- From `use`, the target's use as text. -/
  script : String → Array String
  /-- Whether it says the same by its shape alone. -/
  plain : Bool := false

/-- A fresh variable that is added to both sides. -/
private def added (body : Expr) (c : Expr) : MetaM (Array Form) := do
  let type := body.getArg! 0
  let space := if type.isConstOf ``Nat then "Nat" else "Int"
  let strict := body.isAppOf ``LT.lt
  let (a, b) := (body.appFn!.appArg!, body.appArg!)
  let rel (a b : Expr) := mkAppM (if strict then ``LT.lt else ``LE.le) #[a, b]
  let word := if strict then "lt" else "le"
  let c' := toString (← c.fvarId!.getUserName)
  let plus (a : Expr) := mkAppM ``HAdd.hAdd #[a, c]
  let mut forms : Array Form := #[{
    position := s!"+ {c'}", conclusion := ← rel (← plus a) (← plus b)
    script := fun use => #[s!"exact {space}.add_{word}_add_right ({use}) {c'}"] }]
  if type.isConstOf ``Int then
    let neg (a : Expr) := mkAppM ``Neg.neg #[a]
    let minus (a b : Expr) := mkAppM ``HSub.hSub #[a, b]
    forms := forms.push {
      position := "-", conclusion := ← rel (← neg b) (← neg a)
      script := fun use => #[s!"exact Int.neg_{word}_neg ({use})"] }
    forms := forms.push {
      position := "0", conclusion := ← rel (mkIntLit 0) (← minus b a)
      script := fun use =>
        #[if strict then s!"exact Int.sub_pos_of_lt ({use})" else s!"exact Int.sub_nonneg_of_le ({use})"] }
  return forms

/-- The forms of a conclusion. -/
private def forms (body : Expr) (c? : Option Expr) : MetaM (Array Form) := do
  let symm := fun (use : String) => #[s!"exact ({use}).symm"]
  if body.isAppOfArity ``Eq 3 then
    return #[{ position := "symm", conclusion := ← mkEq body.appArg! body.appFn!.appArg!, script := symm, plain := true }]
  if body.isAppOfArity ``Ne 3 then
    let conclusion ← mkAppM ``Ne #[body.appArg!, body.appFn!.appArg!]
    return #[{ position := "symm", conclusion, script := symm, plain := true }]
  if body.isAppOfArity ``Iff 2 then
    let (p, q) := (body.appFn!.appArg!, body.appArg!)
    return #[{ position := "symm", conclusion := mkIff q p, script := symm, plain := true },
      { position := "¬", conclusion := mkIff (mkNot p) (mkNot q), script := fun use => #[s!"exact not_congr ({use})"], plain := true }]
  if body.isAppOfArity ``LE.le 4 || body.isAppOfArity ``LT.lt 4 then
    if let some c := c? then return ← added body c
  return #[]

/-- Whether the form that a relation between numbers takes is the relation, no more and no less: asked of
variables, since what the sides are does not matter. -/
private def equivalent (body form : Expr) : TermElabM Bool := do
  let (a, b) := (body.appFn!.appArg!, body.appArg!)
  let type := body.getArg! 0
  withLocalDeclD `x type fun x => withLocalDeclD `y type fun y => do
    let sides (e : Expr) := e.replace fun e => if e == a then some x else if e == b then some y else none
    let old := mkApp2 body.appFn!.appFn! x y
    return (← Assess.provedBy? (mkIff old (sides form)) #[← `(tactic| grind)] 1000).isSome

/-- The rule on the conclusion. -/
def variant (t : Target) (seed : Nat) : TermElabM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let order := body.isAppOfArity ``LE.le 4 || body.isAppOfArity ``LT.lt 4
    let type? := if order then some (body.getArg! 0) else none
    let type? := type?.filter fun type => type.isConstOf ``Nat || type.isConstOf ``Int
    let draft (c? : Option Expr) : TermElabM (Array Draft) := do
      let all ← forms body c?
      if all.isEmpty then return #[]
      let some form := all[seed % all.size]? | return #[]
      unless form.plain || (← equivalent body form.conclusion) do return #[]
      let new := c?.toArray.filter fun c => form.conclusion.containsFVar c.fvarId!
      return #[{
        rule := "variant", position := form.position, type := ← mkForallFVars (xs ++ new) form.conclusion
        hypotheses := .asTarget, scripts := #[form.script (← t.use names)] }]
    match type? with
    | none => if order then return #[] else draft none
    | some type =>
      let name := freshName `c (← xs.mapM (·.fvarId!.getUserName))
      withLocalDeclD name type fun c => draft (some c)

end Lakatos.Mutate
