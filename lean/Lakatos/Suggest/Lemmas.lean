import Lakatos.Suggest.Common

/-!
# `exact` and `apply` with lemmas of the library

The candidates are those of Lean's `exact?`. Each is applied to the goal; where the hypotheses solve
what is left, the finished term is suggested, and otherwise the lemma.
-/

open Lean Meta

namespace Lakatos.Suggest

open LibrarySearch (Candidate DeclMod)

/-- At most so many candidates are tried. -/
private def maxCandidates : Nat := 150

/-- So many finished terms are enough: one of them is what a proof needs. -/
private def maxClosing : Nat := 3

/-- How deep the hypotheses are chained to solve what a lemma leaves. -/
private def chainDepth : Nat := 3

/-- What became of a candidate. -/
private inductive Found where
  | closes (s : Suggestion)
  | leaves (goals : Nat) (s : Suggestion)

private def applyText (name : Name) (symmetric : Bool) : DeclMod → String
  | .none => if symmetric then s!"(symm; apply {name})" else s!"apply {name}"
  | .mp => if symmetric then s!"(symm; apply ({name} ..).mp)" else s!"apply ({name} ..).mp"
  | .mpr => if symmetric then s!"(symm; apply ({name} ..).mpr)" else s!"apply ({name} ..).mpr"

/-- The finished term as a tactic, if it can be read back. -/
private def exactText? (goal : MVarId) : MetaM (Option String) := do
  let term ← Core.betaReduce (← instantiateMVars (mkMVar goal))
  let some text ← termText? term | return none
  return some s!"exact {text}"

/-- Tries one candidate on `goal`; `close` says whether to try to solve what it leaves. -/
private def tryCandidate (goal : MVarId) (close : Bool) (c : Candidate) :
    MetaM (Option Found) := trial do
  let ((target, mctx), (name, mod)) := c
  setMCtx mctx
  let lemma ← LibrarySearch.mkLibrarySearchLemma name mod
  let rest ← target.apply lemma { allowSynthFailures := true }
  let solved ← trial do
    if rest.isEmpty then return ← exactText? goal
    unless close do return none
    let left ← LibrarySearch.solveByElim [] false rest chainDepth
    if left.isEmpty then exactText? goal else return none
  match solved with
  | some tactic => return some (.closes { tactic, lemma := name, kind := "exact" })
  | none =>
    let tactic := applyText name (target != goal) mod
    return some (.leaves rest.length { tactic, lemma := name, kind := "apply" })

/-- Terms that finish the goal (asked for with `close`), and lemmas that apply to it, those that
leave fewer goals first. -/
def lemmas (goal : MVarId) (close : Bool) (budget : Budget) :
    MetaM (Array Suggestion × Array Suggestion) := goal.withContext do
  let env ← getEnv
  let candidates ← LibrarySearch.librarySearchSymm LibrarySearch.libSearchFindDecls goal
  let candidates := candidates.filter fun (_, name, _) => isNameable env name
  let mut closing := #[]
  let mut leaving := #[]
  for c in candidates.toSubarray 0 maxCandidates do
    if closing.size ≥ min maxClosing budget.limit || (← budget.spent) then break
    match ← tryCandidate goal close c with
    | some (.closes s) => closing := closing.push s
    | some (.leaves n s) =>
      unless leaving.any fun (_, _, t) => t.lemma == s.lemma do
        leaving := leaving.push (n, leaving.size, s)
    | none => pure ()
  let sorted := leaving.qsort fun (n, i, _) (m, j, _) => n < m || (n == m && i < j)
  return (closing, sorted.map (·.2.2))

end Lakatos.Suggest
