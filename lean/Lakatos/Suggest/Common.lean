import Lean

/-!
# What the suggestions share

A suggestion is the text of a tactic that stands on its own in a file. The library's discrimination
trees are Lean's own; they belong to the environment of the imports and are built once for it, on
first use.
-/

open Lean Meta

namespace Lakatos.Suggest

/-- A tactic to try, the lemma that it uses, and the protocol's word for its kind. -/
structure Suggestion where
  tactic : String
  lemma : Name
  kind : String

/-- How long to look, and for how much. -/
structure Budget where
  limit : Nat
  /-- On the monotonic clock, in milliseconds. What has been found by then is the answer. -/
  stopAt : Nat

/-- Whether the time is used up. -/
def Budget.spent (b : Budget) : BaseIO Bool :=
  return b.stopAt ≤ (← IO.monoMsNow)

/-- Heartbeats for one candidate, in Lean's thousands: enough to unify, not enough to get lost. -/
private def candidateHeartbeats : Nat := 2000

/-- Runs one trial and undoes what it did. Its failure is `none`, running out of heartbeats or
recursion depth included, the deadline's interruption excepted. -/
def trial (x : MetaM (Option α)) : MetaM (Option α) := do
  let saved ← saveState
  let bounded := withCurrHeartbeats <| withTheReader Core.Context
    (fun c => { c with maxHeartbeats := candidateHeartbeats * 1000 }) x
  try
    tryCatchRuntimeEx bounded fun e => if e.isInterrupt then throw e else return none
  finally
    saved.restore

/-- Libraries' inner workings, which nobody would name in a proof. -/
private def innerNamespaces : List Name :=
  [`Lean, `Std.Internal, `Std.Tactic, `Std.DHashMap.Internal, `Std.DTreeMap.Internal, `Std.Sat]

/-- Whether a person might name this lemma. -/
def isNameable (env : Environment) (n : Name) : Bool :=
  !n.isInternalDetail && !isPrivateName n && !Linter.isDeprecated env n
    && !innerNamespaces.any (·.isPrefixOf n)

/-- A term as text that can be read back, unless it would need names that cannot be written. -/
def termText? (e : Expr) : MetaM (Option String) := do
  let stx ← Tactic.TryThis.delabToRefinableSyntax e
  let text := (← PrettyPrinter.ppTerm stx).pretty (width := 1000000)
  return if text.contains '✝' || text.contains '⋯' then none else some text

end Lakatos.Suggest
