import Lakatos.ProofState

/-!
# Proof states where a text says `sorry`

An elaborator for the term `sorry` (which the tactics `sorry` and `admit` expand to) that comes
before Lean's own, notes the elaborator's state if somebody has asked for it, and then leaves the
term to Lean's. What is noted is exact: the environment has the auxiliary definitions that the
statement needed, and not yet the theorem itself, so that no proof can appeal to what it proves.
-/

namespace Lakatos

open Lean Meta Elab

/-- One `sorry` of a text. -/
structure CapturedSorry where
  /-- Its syntax. -/
  stx : Syntax
  /-- The goal there. The local variable that stands for the theorem itself has been taken out. -/
  proof : ProofState

namespace Capture

/-- The sorries met since capturing began, or `none` while it is off. -/
abbrev Sink := IO.Ref (Option (Array CapturedSorry))

/-- A proof state for `type` in the local context at hand. -/
private def capture (type : Expr) : TermElabM ProofState := do
  let lctx ← instantiateLCtxMVars <|
    (← getLCtx).foldl (init := ← getLCtx) fun lctx d =>
      if d.isAuxDecl then lctx.erase d.fvarId else lctx
  let type ← instantiateMVars type
  let hasMVars := type.hasExprMVar || lctx.any fun d =>
    d.type.hasExprMVar || d.value?.any (·.hasExprMVar)
  let saved ← getMCtx
  try
    -- Without metavariables of the surrounding text, nothing of its context needs to be kept.
    unless hasMVars do setMCtx {}
    let goal ← mkFreshExprMVarAt lctx (← getLocalInstances) type .syntheticOpaque
    let context ← readThe Core.Context
    let core ← getThe Core.State
    return {
      core := { core with messages := {}, infoState := {}, traceState := {}, snapshotTasks := #[] }
      metaState := { mctx := ← getMCtx }
      term := { levelNames := ← Term.getLevelNames }
      goals := [goal.mvarId!]
      scope := {
        options := context.options, currNamespace := context.currNamespace
        openDecls := context.openDecls, declName? := ← Term.getDeclName?
        levelNames := ← Term.getLevelNames }
      cache := ← RenderCache.new }
  finally setMCtx saved

private def elabSorry (sink : Sink) : Term.TermElab := fun stx expectedType? => do
  if (← sink.get).isSome then
    if let some type := expectedType? then
      let proof ← capture type
      sink.modify (·.map (·.push { stx, proof }))
  throwUnsupportedSyntax

/-- Puts the elaborator in place. Environments that are imported from then on have it. -/
def install : IO Sink := do
  let sink ← IO.mkRef none
  Compat.addTermElab ``Parser.Term.sorry `Lakatos.Capture.elabSorry (elabSorry sink)
  return sink

/-- Runs `x` and returns the sorries that it elaborated, in the order of the text; where one was
elaborated more than once, the last time counts. -/
def collect [Monad m] [MonadLiftT (ST IO.RealWorld) m] [MonadFinally m] (sink : Sink) (x : m α) :
    m (α × Array CapturedSorry) := do
  sink.set (some #[])
  try
    let a ← x
    let found := (← sink.get).getD #[]
    return (a, (last found).qsort fun a b => start a < start b)
  finally sink.set none
where
  start (c : CapturedSorry) : Nat := (c.stx.getPos?.getD 0).byteIdx
  last (found : Array CapturedSorry) : Array CapturedSorry := Id.run do
    let mut kept := #[]
    for c in found.reverse do
      unless kept.any (start · == start c) do kept := kept.push c
    return kept

end Capture

end Lakatos
