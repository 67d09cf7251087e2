import Lean
import Lakatos.Closure
import Lakatos.Compat
import Lakatos.Repl.InfoTrees

/-!
# States that the community REPL hands out by number

A *command snapshot* is the state between two texts; a *proof snapshot* is what stands at a `sorry`, before a tactic,
or after a tactic step. Both can be written to a file and read back ("pickled"): what is written is the
imports, the declarations that were added to them, and the elaborator's own state without closures and caches.
-/

namespace Lakatos.Repl

open Lean Elab

/-- The state of a proof: goals with everything a tactic needs. -/
structure ProofSnapshot where
  core : Core.State
  ctx : Core.Context
  mctx : MetavarContext
  goals : List MVarId
  roots : List MVarId

namespace ProofSnapshot

/-- Runs in the snapshot's context, with a heartbeat budget of its own. -/
def runMeta {α : Type} (p : ProofSnapshot) (x : MetaM α) : IO (α × ProofSnapshot) := do
  let ctx := { p.ctx with initHeartbeats := ← IO.getNumHeartbeats }
  let ((a, s), core) ← (x.run {} { mctx := p.mctx }).toIO ctx p.core
  return (a, { p with core, mctx := s.mctx })

/-- The snapshot at a site of an elaborated text. `env` is the environment before the command that the site stands
in, so that a theorem cannot be used in its own proof. -/
def ofSite (site : Site) (env : Environment) (goals roots : List MVarId) : IO ProofSnapshot :=
  site.ctx.runMetaM {} do
    return {
      core := { (← getThe Core.State) with env, messages := {}, traceState := {}, infoState := {} }
      ctx := ← readThe Core.Context
      mctx := ← getMCtx
      goals, roots }

/-- The snapshot at a `sorry`; a term's hole becomes a goal. -/
def ofHole (site : Site) (hole : Hole) (env : Environment) (roots? : Option (List MVarId)) :
    IO ProofSnapshot := do
  match hole with
  | .tactic goal => ofSite site env [goal] (roots?.getD [goal])
  | .term lctx type =>
    let (goal, mctx) ← site.ctx.runMetaM lctx do
      return ((← Meta.mkFreshExprMVar type).mvarId!, ← getMCtx)
    let p ← ofSite site env [goal] (roots?.getD [goal])
    return { p with mctx }

/-- The goals as Lean prints them. -/
def ppGoals (p : ProofSnapshot) : IO (List String) :=
  return (← p.runMeta do p.goals.mapM fun g => return (← Meta.ppGoal g).pretty).1

/-- Runs a tactic. The answer's messages, traces and info trees are this step's alone. -/
def step (p : ProofSnapshot) (text : String) : IO ProofSnapshot := do
  let stx ← IO.ofExcept <| (Parser.runParserCategory p.core.env `tactic text).mapError IO.userError
  let p := { p with core := { p.core with
    messages := {}, traceState := {}, infoState := { enabled := true } } }
  let tactic : Tactic.TacticM Unit := Tactic.evalTactic stx
  let (goals, p) ← p.runMeta <| Term.TermElabM.run' do
    let (_, s) ← (tactic { elaborator := .anonymous }).run { goals := p.goals }
    Term.synthesizeSyntheticMVarsNoPostponing
    return s.goals
  return { p with goals }

/-- Whether the proof is complete, in the protocol's words. A proof counts as completed only if the kernel
accepts it, closed over its hypotheses; the theorem's own name is no hypothesis, so a proof that applies itself is refused. -/
def status (p : ProofSnapshot) : IO String := do
  unless p.goals.isEmpty do return "Incomplete: open goals remain"
  let [root] := p.roots | return "Not verified: more than one initial goal"
  let check : MetaM String := root.withContext do
    let some proof ← getExprMVarAssignment? root | return "Error: Goal not assigned"
    let proof ← instantiateMVars proof
    let expected ← instantiateMVars (← root.getType)
    let type ← instantiateMVars (← Meta.inferType proof)
    unless ← Meta.isDefEq type expected do
      return s!"Error: proof has type {type} but root goal has type {expected}"
    let hypotheses := (← getLCtx).foldl (init := #[]) fun acc decl =>
      if decl.isAuxDecl then acc else acc.push decl.toExpr
    let closed ← instantiateMVars (← Meta.mkLambdaFVars hypotheses proof)
    if closed.hasExprMVar then return "Incomplete: contains metavariable(s)"
    if closed.hasFVar then
      return "Error: kernel type check failed: (kernel) declaration has free variables '[anonymous]'"
    let type ← instantiateMVars (← Meta.inferType closed)
    let levels := collectLevelParams (collectLevelParams {} type) closed
    try
      addDecl <| .defnDecl {
        name := `_lakatos_repl, levelParams := levels.params.toList, type, value := closed
        hints := .opaque, safety := .safe }
    catch e => return s!"Error: kernel type check failed: {← e.toMessageData.toString}"
    return if closed.hasSorry then "Incomplete: contains sorry" else "Completed"
  return (← p.runMeta check).1

end ProofSnapshot

/-- The declarations that were added to the imports, in dependency order. Unsafe and partial ones are
left out: what is safe does not use them. -/
private def added (env : Environment) : IO (Array Declaration) := do
  let names := env.constants.foldStage2 (fun acc n _ => acc.push n) #[]
  let (ds, _) ← Closure.declarations env (Closure.isImported env) names
  return ds.filter fun
    | .axiomDecl v => !v.isUnsafe
    | _ => true

/-- What every pickle holds of an environment. -/
private structure PickledEnv where
  imports : Array Import
  declarations : Array Declaration

private def PickledEnv.of (env : Environment) : IO PickledEnv :=
  return { imports := env.header.imports, declarations := ← added env }

/-- Imports again and adds the declarations, through the kernel. Attributes, notations and other extension entries of
the pickled text are not restored; scoped ones of imported namespaces are, when they are opened. -/
private unsafe def PickledEnv.restore (p : PickledEnv) (base? : Option Environment) : IO Environment := do
  enableInitializersExecution
  let base ← match base? with
    | some env => pure env
    | none => importModules p.imports {} 0 (loadExts := true)
  Compat.addDeclarations base p.declarations

private structure PickledCommand where
  env : PickledEnv
  scopes : List Command.Scope
  nextMacroScope : MacroScope
  maxRecDepth : Nat
  ngen : NameGenerator

private structure PickledProof where
  env : PickledEnv
  nextMacroScope : MacroScope
  ngen : NameGenerator
  options : Options
  currNamespace : Name
  openDecls : List OpenDecl
  mctx : MetavarContext
  goals : List MVarId
  roots : List MVarId

private def activate (openDecls : List OpenDecl) : CoreM Unit :=
  for decl in openDecls do
    if let .simple ns _ := decl then activateScoped ns

/-- Writes a command snapshot to a file. -/
def pickleCommand (s : Command.State) (path : System.FilePath) : IO Unit := do
  let data : PickledCommand := {
    env := ← PickledEnv.of s.env, scopes := s.scopes, nextMacroScope := s.nextMacroScope
    maxRecDepth := s.maxRecDepth, ngen := s.ngen }
  saveModuleData path `Lakatos.Repl.command (unsafe unsafeCast data)

/-- Reads a command snapshot back. -/
unsafe def unpickleCommand (path : System.FilePath) : IO Command.State := do
  let (data, _) ← readModuleData path
  let data : PickledCommand := unsafeCast data
  let env ← data.env.restore none
  let s := { Command.mkState env with
    scopes := data.scopes, nextMacroScope := data.nextMacroScope
    maxRecDepth := data.maxRecDepth, ngen := data.ngen }
  let openDecls := (data.scopes.head?.map (·.openDecls)).getD []
  let ctx : Core.Context := { fileName := "", fileMap := default }
  let (_, core) ← (activate openDecls).toIO ctx { env }
  return { s with env := core.env }

/-- Writes a proof snapshot to a file. -/
def pickleProof (p : ProofSnapshot) (path : System.FilePath) : IO Unit := do
  let data : PickledProof := {
    env := ← PickledEnv.of p.core.env, nextMacroScope := p.core.nextMacroScope, ngen := p.core.ngen
    options := p.ctx.options, currNamespace := p.ctx.currNamespace, openDecls := p.ctx.openDecls
    mctx := p.mctx, goals := p.goals, roots := p.roots }
  saveModuleData path `Lakatos.Repl.proof (unsafe unsafeCast data)

/-- Reads a proof snapshot back, on top of a given environment or of its own imports. -/
unsafe def unpickleProof (path : System.FilePath) (base? : Option Environment) : IO ProofSnapshot := do
  let (data, _) ← readModuleData path
  let data : PickledProof := unsafeCast data
  let env ← data.env.restore base?
  let ctx : Core.Context := {
    fileName := "", fileMap := default, options := data.options
    currNamespace := data.currNamespace, openDecls := data.openDecls }
  let core : Core.State := { env, nextMacroScope := data.nextMacroScope, ngen := data.ngen }
  let (_, core) ← (activate data.openDecls).toIO ctx core
  return { core, ctx, mctx := data.mctx, goals := data.goals, roots := data.roots }

end Lakatos.Repl
