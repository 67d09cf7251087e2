import Lakatos.Mutate.Chains
import Lakatos.Mutate.Draft

/-!
# The rule `compose`

Two theorems that chain: where the target's conclusion is a hypothesis of a theorem of the library, that
theorem's conclusion follows from the target's hypotheses and from its own other ones.
-/

namespace Lakatos.Mutate

open Lean Meta

/-- Variables and hypotheses that the second theorem may bring along. -/
private def brought : Nat := 2

/-- Candidates that are looked at, and those that are kept. -/
private def tried : Nat := 16
private def kept : Nat := 2

/-- Puts new binders in the place of what is unassigned, in order. -/
private partial def bind (names : Array Name) (ms : List (Expr × Name)) (new : Array Expr)
    (k : Array Expr → MetaM (Option α)) : MetaM (Option α) := do
  match ms with
  | [] => k new
  | (m, name) :: rest =>
    let m ← instantiateMVars m
    unless m.isMVar do return ← bind names rest new k
    if new.size ≥ brought then return none
    let type ← instantiateMVars (← inferType m)
    if type.hasExprMVar then return none
    let plain := if ← isProp type then `h else `x
    let base := if name.hasMacroScopes || !name.isAtomic then plain else name
    let name := freshName base names
    withLocalDeclD name type fun y => do
      m.mvarId!.assign y
      bind (names.push name) rest (new.push y) k

/-- The rule on the conclusion. -/
def compose (t : Target) (chains : Chains) (seed : Nat) : MetaM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let candidates := chains.after body seed
    if candidates.isEmpty then return #[]
    let use ← t.use names
    let mut drafts : Array Draft := #[]
    for (lemma, place) in candidates.toSubarray 0 tried do
      if drafts.size ≥ kept then break
      if lemma == t.name then continue
      let draft? ← Suggest.trial <| withLocalDeclD `this body fun this => do
        let const ← mkConstWithFreshMVarLevels lemma
        let (ms, infos, type) ← forallMetaTelescope (← inferType const)
        let some slot := ms[place]? | return none
        unless ← withReducibleAndInstances <| isDefEq (← inferType slot) body do return none
        unless ← isDefEq slot this do return none
        for h : i in [0:ms.size] do
          if (infos[i]?.getD .default).isInstImplicit then
            let m ← instantiateMVars ms[i]
            if m.isMVar then
              let some found ← synthInstance? (← instantiateMVars (← inferType m)) | return none
              unless ← isDefEq m found do return none
        -- What a hypothesis says already is not asked for again.
        for m in ms do
          let m ← instantiateMVars m
          if m.isMVar then
            let type ← instantiateMVars (← inferType m)
            if !type.hasExprMVar && (← isProp type) then
              if let some x ← xs.findM? fun x => return (← inferType x) == type then m.mvarId!.assign x
        let binders := Array.toList <| ms.zip (binderNames (← inferType const))
        bind (← xs.mapM (·.fvarId!.getUserName)) binders #[] fun ys => do
          let result ← instantiateMVars type
          if result.hasExprMVar || result.hasLevelMVar || result == body || result.isConstOf ``True then return none
          -- What says nothing of what the target speaks of is no composition.
          unless xs.any fun x => result.containsFVar x.fvarId! do return none
          let some proof ← Suggest.termText? (← instantiateMVars (mkAppN const ms)) | return none
          return some {
            rule := "compose", position := "goal", premises := #[lemma], type := ← mkForallFVars (xs ++ ys) result
            hypotheses := if ← ys.anyM fun y => do isProp (← inferType y) then .changed else .asTarget
            scripts := #[#[s!"have := {use}", s!"exact {proof}"],
              #[s!"have := {use}", s!"exact {lemma} this"]] : Draft }
      if let some draft := draft? then
        unless drafts.any (·.type == draft.type) do drafts := drafts.push draft
    return drafts
where
  binderNames (type : Expr) : Array Name := go type #[]
  go : Expr → Array Name → Array Name
    | .forallE n _ b _, names => go b (names.push n)
    | _, names => names

end Lakatos.Mutate
