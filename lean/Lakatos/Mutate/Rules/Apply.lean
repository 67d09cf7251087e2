import Lakatos.Mutate.Draft
import Lakatos.Suggest.Common

/-!
# The rule `apply`

A hypothesis is replaced by what implies it, by a theorem of the library: its antecedents become the
hypotheses. Candidates come from the discrimination tree of Lean's `exact?`.
-/

namespace Lakatos.Mutate

open Lean Meta LibrarySearch

/-- One way to come to a hypothesis. -/
private structure Way where
  lemma : Name
  /-- The antecedents. -/
  needs : Array Expr
  /-- The proof, a function of proofs of the antecedents. -/
  proof : Expr

private def way? (goal : MVarId) (self : Name) (c : Candidate) : MetaM (Option Way) :=
  Suggest.trial do
    let ((target, mctx), (name, mod)) := c
    if name == self || target != goal then return none
    setMCtx mctx
    let rest ← target.apply (← mkLibrarySearchLemma name mod) { allowSynthFailures := false }
    if rest.isEmpty || rest.length > 2 then return none
    let proof ← instantiateMVars (mkMVar goal)
    let holes := rest.toArray
    let needs ← holes.mapM fun m => do instantiateMVars (← m.getType)
    if needs.any (·.hasExprMVar) then return none
    unless ← needs.allM (isProp ·) do return none
    let closed ← mkLambdaFVars (holes.map mkMVar) proof
    if closed.hasExprMVar then return none
    return some { lemma := name, needs, proof := closed }

/-- Candidates that are looked at for a hypothesis, and ways that are kept. -/
private def tried : Nat := 30
private def kept : Nat := 3

/-- The rule on the hypotheses of which nothing else speaks. -/
def applyToHypotheses (t : Target) : MetaM (Array Draft) :=
  forallTelescope t.type fun xs body => do
    let names ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
    let mut drafts := #[]
    for h : i in [0:xs.size] do
      let x := xs[i]
      let d ← x.fvarId!.getDecl
      unless ← isFree xs i body do continue
      let goal := (← mkFreshExprSyntheticOpaqueMVar d.type).mvarId!
      let env ← getEnv
      let candidates ← librarySearchSymm libSearchFindDecls goal
      let candidates := candidates.filter fun (_, name, _) => isUsable env name
      let mut ways := 0
      for c in candidates.toSubarray 0 tried do
        if ways ≥ kept then break
        let some w ← way? goal t.name c | continue
        if w.needs.contains d.type then continue
        let draft? ← Suggest.trial do
          -- What another hypothesis says already is not asked for again.
          let others := xs.eraseIdx! i
          let known ← w.needs.mapM fun need => others.findM? fun y => return (← inferType y) == need
          let mut used ← xs.mapM (·.fvarId!.getUserName)
          let mut hypotheses := #[]
          for (need, there?) in w.needs.zip known do
            if there?.isSome then continue
            let name := if w.needs.size == 1 then d.userName else freshName d.userName used
            used := used.push name
            hypotheses := hypotheses.push (name, need)
          withLocalDeclsDND hypotheses fun ys => do
            let proofs := known.foldl (init := ((#[] : Array Expr), ys.toList)) fun (given, rest) there? =>
              match there?, rest with
              | some y, _ => (given.push y, rest)
              | none, y :: rest => (given.push y, rest)
              | none, [] => (given, [])
            let some proof ← Suggest.termText? (← Core.betaReduce (w.proof.beta proofs.1)) | return none
            let before := xs.extract 0 i
            let after := xs.extract (i + 1) xs.size
            let type ← mkForallFVars (before ++ ys ++ after) body
            let use ← t.use (names.set! i s!"({proof})")
            let old ← withFullNames (text d.type)
            let named ← t.use (names.set! i "this")
            return some {
              rule := "apply", position := toString d.userName, premises := #[w.lemma], type
              scripts := #[#[s!"exact {use}"], #[s!"have : {old} := {proof}", s!"exact {named}"]] : Draft }
        if let some draft := draft? then
          ways := ways + 1
          drafts := drafts.push draft
    return drafts

end Lakatos.Mutate
