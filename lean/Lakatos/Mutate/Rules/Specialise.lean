import Lakatos.Assess.Tries
import Lakatos.Mutate.Draft

/-!
# The rule `specialise`

Two variables of one type become the same variable. Hypotheses that hold by themselves then (`a ∣ a`) or that
are there twice are left out.
-/

namespace Lakatos.Mutate

open Lean Meta Elab

/-- Pairs that are made of a theorem at most. -/
private def kept : Nat := 2

/-- What is tried on a hypothesis that may hold by itself. -/
private def closes : TermElabM (Array Syntax) := do
  return #[← `(tactic| exact rfl), ← `(tactic| (simp; done))]

/-- The statement without the binders `dropped`. -/
private def without (xs : Array Expr) (dropped : Array Expr) (body : Expr) : MetaM Expr :=
  mkForallFVars (xs.filter (!dropped.contains ·)) body

/-- The rule on pairs of variables. -/
def specialise (t : Target) : TermElabM (Array Draft) :=
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
        let before := xs.extract 0 j
        let (type, texts) ← forallTelescope rest fun ys body => do
          let mut texts := names.set! j (names[i]?.getD "_")
          let mut dropped := #[]
          let mut hypotheses : Array (Expr × String) := #[]
          for h : k in [0:ys.size] do
            let z := ys[k]
            let dz ← z.fvarId!.getDecl
            let place := j + 1 + k
            unless ← isFree ys k body do continue
            if let some (_, name) := hypotheses.find? (·.1 == dz.type) then
              dropped := dropped.push z
              texts := texts.set! place name
            -- Only what speaks of the two can have become true by itself.
            else if dz.type.containsFVar x.fvarId! && (← Assess.provedBy? dz.type (← closes) 500).isSome then
              dropped := dropped.push z
              texts := texts.set! place "(by simp)"
            else hypotheses := hypotheses.push (dz.type, toString dz.userName)
          return (← without (before ++ ys) dropped body, texts)
        let use ← t.use texts
        drafts := drafts.push {
          rule := "specialise", position := s!"{d'.userName} := {d.userName}", type
          scripts := #[#[s!"exact {use}"]] }
    return drafts

end Lakatos.Mutate
