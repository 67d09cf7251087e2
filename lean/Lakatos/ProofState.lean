import Lakatos.Deadline
import Lakatos.GoalHash

/-!
# Proof states

A `ProofState` is all that is needed to run tactics on some goals and to do it again: the
elaborator's states, the goals, and the scope (options, namespace, open declarations) of the place in
the text where the goals stand. It is a value; a tactic yields another one.
-/

namespace Lakatos

open Lean Meta Elab

/-- Where in a text a proof state stands. -/
structure ProofScope where
  /-- `set_option`s in force. -/
  options : Options := {}
  /-- The current namespace. -/
  currNamespace : Name := .anonymous
  /-- The open declarations. -/
  openDecls : List OpenDecl := []
  /-- The theorem being proved; names of auxiliary declarations begin with it. -/
  declName? : Option Name := none
  /-- Its universe parameters. -/
  levelNames : List Name := []

/-- A hypothesis' type (or value, or a target) as it was rendered before. -/
structure Rendered where
  /-- Free variables that occur, their places and their names then; the rendering holds where these
  are the same. -/
  uses : Array (FVarId × Nat × Name)
  /-- Pretty-printed. -/
  format : Format
  /-- The same as a string. -/
  text : String
  /-- Its digest. -/
  digest : Digest
  /-- Whether it is a proposition. -/
  prop : Bool

/-- Renderings shared by the proof states that descend from one root. A `FVarId` has one meaning in
all of them, see `Compat.freshNameGenerator`. -/
structure RenderCache where
  /-- Renderings, by expression. -/
  rendered : IO.Ref (Std.HashMap Expr Rendered)
  /-- Digests of closed subterms. -/
  closed : IO.Ref ClosedDigests

/-- An empty cache. -/
def RenderCache.new : BaseIO RenderCache :=
  return { rendered := ← IO.mkRef {}, closed := ← IO.mkRef {} }

/-- Goals, and all that is needed to run tactics on them. -/
structure ProofState where
  /-- The core state; it owns the environment. -/
  core : Core.State
  /-- The metavariables and caches. -/
  metaState : Meta.State := {}
  /-- The term elaborator's state. -/
  term : Term.State := {}
  /-- The goals in order; tactics act on the first. -/
  goals : List MVarId
  /-- Metavariables that are not goals, but that must be assigned before the proof counts as
  complete. -/
  holes : List MVarId := []
  /-- Where the goals stand. -/
  scope : ProofScope
  /-- Shared renderings. -/
  cache : RenderCache
  /-- The digest of the goals, once they have been shown. -/
  digest : Digest := default

namespace ProofState

/-- The scope of a command state. -/
def scopeOf (s : Command.State) : ProofScope :=
  let scope := s.scopes.head!
  { options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }

/-- A state without goals at the end of the commands elaborated so far. -/
def ofCommandState (s : Command.State) : BaseIO ProofState :=
  return { core := { env := s.env, ngen := s.ngen }, goals := [], scope := scopeOf s
           cache := ← RenderCache.new }

/-- The elaborator's context in `p`. -/
private def coreContext (p : ProofState) (token : IO.CancelToken) (maxHeartbeats? : Option Nat) :
    BaseIO Core.Context := do
  let options := match maxHeartbeats? with
    | some n => maxHeartbeats.set p.scope.options n
    | none => p.scope.options
  return {
    fileName := "<proof>", fileMap := default, options
    currNamespace := p.scope.currNamespace, openDecls := p.scope.openDecls
    maxRecDepth := maxRecDepth.get options, initHeartbeats := ← IO.getNumHeartbeats
    maxHeartbeats := Core.getMaxHeartbeats options, cancelTk? := some token }

/-- Runs `x` in the state of `p`, whose messages are set aside. Errors are thrown and never turned
into `sorry`. `maxHeartbeats?` (in thousands) overrides the option. -/
def run (p : ProofState) (token : IO.CancelToken) (x : TermElabM α)
    (maxHeartbeats? : Option Nat := none) : EIO Exception (α × ProofState) := do
  let context ← p.coreContext token maxHeartbeats?
  let x := Term.TermElabM.run x { declName? := p.scope.declName?, errToSorry := false } p.term
  let core := { p.core with messages := {}, traceState := {}, snapshotTasks := #[] }
  let (((a, term), metaState), core) ← (x.run {} p.metaState).run context core
  return (a, { p with core, metaState, term })

/-- Gives `p` names that no other state shares, so that states which branch from one another do not
give one free variable two meanings. -/
def withFreshNames (p : ProofState) (tag : Nat) : ProofState :=
  { p with core := { p.core with ngen := Compat.freshNameGenerator tag } }

end ProofState

end Lakatos
