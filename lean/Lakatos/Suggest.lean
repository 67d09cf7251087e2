import Lakatos.Monad
import Lakatos.Suggest.Lemmas
import Lakatos.Suggest.Rewrites

/-!
# The operation `suggest`

Library lemmas for a goal, found by Lean's own discrimination trees, and the definitions of the text
itself that occur in it. The answer comes when the request's time is nearly used up at the latest,
with what there is.
-/

open Lean Meta

namespace Lakatos

namespace Suggest

/-- Definitions that stand in the text and not in an imported module, in the order of their
occurrence. -/
private def ownDefinitions (env : Environment) (e : Expr) : Array Name :=
  e.getUsedConstants.filter fun n =>
    (env.getModuleIdxFor? n).isNone && !n.isInternalDetail
      && (env.find? n matches some (.defnInfo _))

/-- Ways to unfold the text's own definitions. -/
private def unfoldings (kinds : Array String) (goal : MVarId) : MetaM (Array Suggestion) := do
  let names := ownDefinitions (← getEnv) (← instantiateMVars (← goal.getType))
  return names.flatMap fun name =>
    let unfold := if kinds.contains "unfold" then #[s!"unfold {name}"] else #[]
    let simp := if kinds.contains "simp_lemmas" then
      #[s!"simp [{name}]", s!"simp only [{name}]"] else #[]
    unfold.map ({ tactic := ·, lemma := name, kind := "unfold" : Suggestion })
      ++ simp.map ({ tactic := ·, lemma := name, kind := "simp_lemmas" })

/-- All suggestions of the kinds that are asked for: what finishes the goal, what unfolds, and then
lemmas and rewrites in turn. -/
def all (goal : MVarId) (kinds : Array String) (budget : Budget) : MetaM (Array Suggestion) := do
  let own ← unfoldings kinds goal
  let now ← IO.monoMsNow
  let half := { budget with stopAt := now + (budget.stopAt - now) / 2 }
  let (closing, leaving) ←
    if kinds.contains "exact" || kinds.contains "apply" then
      lemmas goal (kinds.contains "exact") half
    else pure (#[], #[])
  let rewritten ← if kinds.contains "rw" then rewrites goal budget else pure #[]
  let leaving := if kinds.contains "apply" then leaving else #[]
  let closing := if kinds.contains "exact" then closing else #[]
  return (closing ++ own ++ alternate leaving.toList rewritten.toList #[]).take budget.limit
where
  alternate : List Suggestion → List Suggestion → Array Suggestion → Array Suggestion
    | [], ys, acc => acc ++ ys
    | xs, [], acc => acc ++ xs
    | x :: xs, y :: ys, acc => alternate xs ys (acc.push x |>.push y)

private def Suggestion.toJson (s : Suggestion) : Json :=
  Json.mkObj [("tactic", s.tactic), ("lemma", Lean.toJson (toString s.lemma)), ("kind", s.kind)]

/-- The protocol's default for `limit`. -/
private def defaultLimit : Nat := 16

end Suggest

/-- The operation `suggest`. -/
def handleSuggest : Handler := fun request => do
  let p ← WorkerM.getState (← Request.field Nat request "state")
  let kinds := (← Request.field? (Array String) request "kinds").getD #["exact", "apply", "rw"]
  let limit := (← Request.field? Nat request "limit").getD Suggest.defaultLimit
  let some goal := p.goals.head? | return Json.mkObj [("suggestions", .arr #[])]
  let now ← IO.monoMsNow
  let budget := { limit, stopAt := now + ((← read).deadline - now) * 3 / 4 }
  let (found, _) ← WorkerM.runIn p (Suggest.all goal kinds budget : MetaM _)
  return Json.mkObj [("suggestions", toJson (found.map (·.toJson)))]

end Lakatos
