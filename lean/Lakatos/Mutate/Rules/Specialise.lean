import Lakatos.Mutate.Draft

/-!
# The rule `specialise`

Two variables of one type become the same variable.
-/

namespace Lakatos.Mutate

open Lean Meta

/-- Pairs that are made of a theorem at most. -/
private def kept : Nat := 2

/-- The rule on pairs of explicit variables. -/
def specialise (t : Target) : MetaM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let mut drafts := #[]
    for h : i in [0:xs.size] do
      for h' : j in [i + 1:xs.size] do
        if drafts.size ≥ kept then break
        let (x, y) := (xs[i], xs[j])
        let (d, d') := (← x.fvarId!.getDecl, ← y.fvarId!.getDecl)
        unless d.type == d'.type && d.binderInfo == d'.binderInfo && !(← isProp d.type) do continue
        if d.binderInfo.isInstImplicit || d.type.isSort then continue
        let rest ← instantiateForall (← mkForallFVars (xs.extract j xs.size) body) #[x]
        let type ← mkForallFVars (xs.extract 0 j) rest
        let use ← t.use (names.set! j names[i]!)
        drafts := drafts.push {
          rule := "specialise", position := s!"{d'.userName} := {d.userName}", type
          scripts := #[#[s!"exact {use}"]] }
    return drafts

end Lakatos.Mutate
