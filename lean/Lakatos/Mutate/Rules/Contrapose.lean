import Lakatos.Mutate.Draft

/-!
# The rule `contrapose`

`h : P ⊢ Q` becomes `h : ¬ Q ⊢ ¬ P`, and `h : P ⊢ ¬ Q` becomes `h : Q ⊢ ¬ P`, for a hypothesis of which
nothing else speaks.
-/

namespace Lakatos.Mutate

open Lean Meta

/-- The rule on every hypothesis. -/
def contrapose (t : Target) : MetaM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let mut drafts := #[]
    if body.isConstOf `False then return #[]
    for h : i in [0:xs.size] do
      let x := xs[i]
      let d ← x.fvarId!.getDecl
      unless d.binderInfo.isExplicit && (← isProp d.type) do continue
      if d.type.isAppOf `Not || d.type.isAppOf `Ne || body.containsFVar x.fvarId! then continue
      if ← (xs.extract (i + 1) xs.size).anyM fun y => return (← inferType y).containsFVar x.fvarId! then continue
      let others := xs.eraseIdx! i
      let negated := body.isAppOfArity `Not 1
      let premise := if negated then body.appArg! else mkNot body
      let type ← withLocalDeclD d.userName premise fun y => mkForallFVars (others.push y) (mkNot d.type)
      let use ← t.use (names.set! i "this")
      let last := if negated then s!"exact {use} {d.userName}" else s!"exact {d.userName} ({use})"
      drafts := drafts.push {
        rule := "contrapose", position := toString d.userName, type, scripts := #[#["intro this", last]] }
    return drafts

end Lakatos.Mutate
