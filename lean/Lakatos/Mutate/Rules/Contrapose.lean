import Lakatos.Mutate.Draft

/-!
# The rule `contrapose`

`h : P ⊢ Q` becomes `h : ¬ Q ⊢ ¬ P`, and `h : P ⊢ ¬ Q` becomes `h : Q ⊢ ¬ P`, for a hypothesis of which
nothing else speaks. An order is negated by turning it round where it is linear: `¬ a ≤ b` is `b < a`.
-/

namespace Lakatos.Mutate

open Lean Meta

/-- The negation of a proposition as a person would write it, and the terms that lead from it to the plain
one and back, if it is not the plain one. -/
private def negation (p : Expr) : MetaM (Expr × Option (String × String)) := do
  let turned (rel : Name) (into back : String) : MetaM (Expr × Option (String × String)) := do
    return (← mkAppM rel #[p.appArg!, p.appFn!.appArg!], some (into, back))
  if p.isAppOfArity ``LE.le 4 || p.isAppOfArity ``LT.lt 4 then
    let type := p.getArg! 0
    let space? := if type.isConstOf ``Nat then some "Nat" else if type.isConstOf ``Int then some "Int" else none
    if let some space := space? then
      if p.isAppOf ``LE.le then return ← turned ``LT.lt s!"{space}.not_le.mpr" s!"{space}.not_le.mp"
      return ← turned ``LE.le s!"{space}.not_lt.mpr" s!"{space}.not_lt.mp"
  if p.isAppOfArity ``Eq 3 then return (← mkAppM ``Ne #[p.appFn!.appArg!, p.appArg!], none)
  return (mkNot p, none)

/-- The rule on every hypothesis. -/
def contrapose (t : Target) : MetaM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let mut drafts := #[]
    if body.isConstOf `False then return #[]
    for h : i in [0:xs.size] do
      let x := xs[i]
      unless ← isFree xs i body do continue
      let d ← x.fvarId!.getDecl
      if d.type.isAppOf `Not || d.type.isAppOf `Ne then continue
      let others := xs.eraseIdx! i
      let use ← t.use (names.set! i "this")
      let (conclusion, intoConclusion?) ← negation d.type
      let first := match intoConclusion? with
        | some (_, back) => s!"refine {back} fun this => ?_"
        | none => "intro this"
      let (premise, last) ← if body.isAppOfArity `Not 1 then
          pure (body.appArg!, s!"exact {use} {d.userName}")
        else if body.isAppOfArity ``Ne 3 then
          pure (← mkEq (body.getArg! 1) (body.getArg! 2), s!"exact {use} {d.userName}")
        else do
          let (premise, intoPremise?) ← negation body
          pure (premise, match intoPremise? with
            | some (into, _) => s!"exact {into} {d.userName} ({use})"
            | none => s!"exact {d.userName} ({use})")
      let type ← withLocalDeclD d.userName premise fun y => mkForallFVars (others.push y) conclusion
      drafts := drafts.push {
        rule := "contrapose", position := toString d.userName, type, scripts := #[#[first, last]] }
    return drafts

end Lakatos.Mutate
