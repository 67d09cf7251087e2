import Lean

/-!
# What the community REPL reads off an info tree

The `leanprover-community/repl` protocol reports, for an elaborated text, every `sorry`, every tactic,
the goals at the root of every tactic block, and (on request) the info trees themselves as JSON. This file
collects them; `Lakatos.Repl.Session` turns them into proof states and answers.
-/

namespace Lakatos.Repl

open Lean Elab

/-- A goal that stands at a `sorry`: a tactic goal, or a term's expected type in a local context. -/
inductive Hole where
  | tactic (goal : MVarId)
  | term (lctx : LocalContext) (type : Expr)

/-- A place in a text where the REPL hands out a proof state. -/
structure Site where
  ctx : ContextInfo
  stx : Syntax

namespace Site

/-- Start of the site's syntax. -/
def pos (s : Site) : Position := s.ctx.fileMap.toPosition (s.stx.getPos?.getD 0)

/-- End of the site's syntax. -/
def endPos (s : Site) : Position :=
  s.ctx.fileMap.toPosition (s.stx.getTailPos?.getD (s.stx.getPos?.getD 0))

end Site

/-- A context as it was before a tactic ran. The name generator is split off, so that states made at
several sites of one text do not invent the same metavariable twice. -/
def before (ctx : ContextInfo) (info : TacticInfo) : ContextInfo :=
  { ctx with mctx := info.mctxBefore, ngen := ctx.ngen.mkChild.1 }

/-- Kinds of tactic syntax that only arrange other tactics. -/
def structuralKinds : List Name :=
  [`null, ``cdot, ``cdotTk, ``Parser.Term.byTactic, ``Parser.Tactic.tacticSeq,
    ``Parser.Tactic.tacticSeq1Indented, ``Parser.Tactic.«tactic_<;>_», ``Parser.Tactic.paren]

/-- The kind of a tactic's syntax node; none for an atom, an identifier or nothing. -/
def tacticName? (info : TacticInfo) : Option Name :=
  match info.stx with
  | .node _ kind _ => some kind
  | _ => none

/-- Whether a tactic does something itself, rather than arrange others. -/
def isSubstantive (info : TacticInfo) : Bool :=
  match tacticName? info with
  | some kind => !structuralKinds.contains kind
  | none => false

/-- The syntax that a piece of information is about, where it has one. -/
def syntaxOf? : Info → Option Syntax
  | .ofTacticInfo i => some i.stx
  | .ofTermInfo i => some i.stx
  | .ofPartialTermInfo i => some i.stx
  | .ofCommandInfo i => some i.stx
  | .ofMacroExpansionInfo i => some i.stx
  | .ofOptionInfo i => some i.stx
  | .ofErrorNameInfo i => some i.stx
  | .ofFieldInfo i => some i.stx
  | .ofCompletionInfo i => some i.stx
  | .ofUserWidgetInfo i => some i.stx
  | .ofCustomInfo i => some i.stx
  | .ofFieldRedeclInfo i => some i.stx
  | .ofDelabTermInfo i => some i.stx
  | .ofChoiceInfo i => some i.stx
  | _ => none

/-- Whether a person wrote the syntax (as opposed to a macro). -/
def isOriginal (info : Info) : Bool :=
  match syntaxOf? info with
  | some stx => (stx.getHeadInfo matches .original ..)
  | none => true

-- Later versions of Lean may have further kinds of information.
set_option match.ignoreUnusedAlts true in
/-- The constructor's name, as the protocol prints it. -/
def kindName : Info → String
  | .ofTacticInfo _ => "TacticInfo"
  | .ofTermInfo _ => "TermInfo"
  | .ofPartialTermInfo _ => "PartialTermInfo"
  | .ofCommandInfo _ => "CommandInfo"
  | .ofMacroExpansionInfo _ => "MacroExpansionInfo"
  | .ofOptionInfo _ => "OptionInfo"
  | .ofErrorNameInfo _ => "ErrorNameInfo"
  | .ofFieldInfo _ => "FieldInfo"
  | .ofCompletionInfo _ => "CompletionInfo"
  | .ofUserWidgetInfo _ => "UserWidgetInfo"
  | .ofCustomInfo _ => "CustomInfo"
  | .ofFVarAliasInfo _ => "FVarAliasInfo"
  | .ofFieldRedeclInfo _ => "FieldRedeclInfo"
  | .ofDelabTermInfo _ => "DelabTermInfo"
  | .ofChoiceInfo _ => "ChoiceInfo"
  | .ofDocInfo _ => "DocInfo"
  | .ofDocElabInfo _ => "DocElabInfo"
  | _ => "Info"

/-- Folds over a tree's nodes from the outside in, with the context that each stands in. `into` says whether
to go on below a node. -/
partial def foldNodes {α : Type} (f : α → ContextInfo → Info → α) (into : Info → Bool) (tree : InfoTree)
    (ctx? : Option ContextInfo := none) (acc : α) : α :=
  match tree with
  | .context ctx tree => foldNodes f into tree (ctx.mergeIntoOuter? ctx?) acc
  | .node info children =>
    let acc := match ctx? with
      | some ctx => f acc ctx info
      | none => acc
    if into info then children.foldl (init := acc) fun acc child => foldNodes f into child ctx? acc else acc
  | .hole _ => acc

/-- Every explicit `sorry`: those in tactic position first, then those that are terms. -/
def sorries (tree : InfoTree) : Array (Site × Hole) :=
  let isTactic (i : TacticInfo) := i.stx.isOfKind ``Parser.Tactic.tacticSorry
  let tactics := foldNodes (α := Array (Site × Hole)) (tree := tree) (acc := #[]) (into := fun _ => true)
    fun acc ctx info => match info with
      | .ofTacticInfo i => match isTactic i, i.goalsBefore with
        | true, goal :: _ => acc.push ({ ctx := before ctx i, stx := i.stx }, .tactic goal)
        | _, _ => acc
      | _ => acc
  foldNodes (tree := tree) (acc := tactics)
    (into := fun | .ofTacticInfo i => !isTactic i | _ => true)
    fun acc ctx info => match info with
      | .ofTermInfo i => match i.stx.isOfKind ``Parser.Term.sorry, i.expectedType? with
        | true, some type => acc.push ({ ctx, stx := i.stx }, .term i.lctx type)
        | _, _ => acc
      | _ => acc

/-- A tactic of the text: where it stands, the goals before it, the goals of its whole block, and the constants that its
proof uses. -/
structure TacticSite extends Site where
  goals : List MVarId
  rootGoals : List MVarId
  usedConstants : NameSet

/-- The constants in what a tactic assigned to its goals, metavariables followed. -/
partial def usedConstants (info : TacticInfo) : NameSet :=
  go info.goalsBefore.toArray {}
where
  go (goals : Array MVarId) (acc : NameSet) : NameSet :=
    let values := goals.filterMap info.mctxAfter.getExprAssignmentCore?
    if values.isEmpty then acc
    else
      let acc := values.foldl (fun acc e => acc.merge e.getUsedConstantsAsSet) acc
      go (values.map fun e => (e.collectMVars {}).result).flatten acc

/-- Every substantive tactic that a person wrote, with the goals of the outermost one around it. -/
partial def tactics (tree : InfoTree) : Array TacticSite := go none [] tree #[]
where
  go (ctx? : Option ContextInfo) (roots : List MVarId) (tree : InfoTree) (acc : Array TacticSite) :=
    match tree with
    | .context ctx tree => go (ctx.mergeIntoOuter? ctx?) roots tree acc
    | .hole _ => acc
    | .node info children =>
      let acc := match info, ctx? with
        | .ofTacticInfo i, some ctx =>
          if isOriginal info && isSubstantive i then
            acc.push { ctx := before ctx i, stx := i.stx, goals := i.goalsBefore,
                       rootGoals := if roots.isEmpty then i.goalsBefore else roots,
                       usedConstants := usedConstants i }
          else acc
        | _, _ => acc
      children.foldl (init := acc) fun acc child => go ctx? roots child acc

/-- The goals with which each outermost tactic block begins. -/
def rootGoals (tree : InfoTree) : Array (Site × List MVarId) :=
  foldNodes (tree := tree) (acc := #[]) (into := fun | .ofTacticInfo _ => false | _ => true)
    fun acc ctx info => match info with
      | .ofTacticInfo i => acc.push ({ ctx := before ctx i, stx := i.stx }, i.goalsBefore)
      | _ => acc

/-- Which nodes of the info trees a request wants to see. -/
inductive TreeFilter where
  | full
  | tactics
  | original
  | substantive

namespace TreeFilter

/-- Reads the request's word; an unknown word asks for nothing. -/
def ofString? : String → Option TreeFilter
  | "full" => some full
  | "tactics" => some tactics
  | "original" => some original
  | "substantive" => some substantive
  | _ => none

/-- Whether a node is kept. -/
def keeps : TreeFilter → Info → Bool
  | full, _ => true
  | tactics, info => (info matches .ofTacticInfo _)
  | original, info => (info matches .ofTacticInfo _) && isOriginal info
  | substantive, .ofTacticInfo i => isSubstantive i
  | substantive, _ => false

end TreeFilter

/-- Drops the nodes that the filter does not keep; their children move up. -/
partial def prune (filter : TreeFilter) : InfoTree → List InfoTree
  | .context ctx tree => (prune filter tree).map (.context ctx)
  | .node info children =>
    let below := children.toList.flatMap (prune filter)
    if filter.keeps info then [.node info below.toPArray'] else below
  | hole@(.hole _) => match filter with
    | .full => [hole]
    | _ => []

section ToJson

private def position (p : Position) : Json :=
  .mkObj [("line", p.line), ("column", p.column)]

private def range (ctx : ContextInfo) (stx : Syntax) : Json :=
  let start := stx.getPos?.getD 0
  .mkObj [
    ("synthetic", toJson !(stx.getHeadInfo matches .original ..)),
    ("start", position (ctx.fileMap.toPosition start)),
    ("finish", position (ctx.fileMap.toPosition (stx.getTailPos?.getD start)))]

private def syntaxJson (ctx : ContextInfo) (stx : Syntax) (pp : Option String) : Json :=
  .mkObj [
    ("pp", toJson pp), ("range", range ctx stx), ("kind", toString stx.getKind),
    ("argKinds", toJson (stx.getArgs.map fun arg => toString arg.getKind))]

/-- A tactic's syntax, pretty-printed. -/
def ppTactic (ctx : ContextInfo) (stx : Syntax) : IO String :=
  return (← ctx.runMetaM {} do
    try PrettyPrinter.ppTactic ⟨stx⟩ catch _ => return "<failed to pretty print>").pretty

private def ppTerm (ctx : ContextInfo) (lctx : LocalContext) (e : Expr) : IO String :=
  return (← ctx.runMetaM lctx do Meta.ppExpr (← instantiateMVars e)).pretty

private def ppSyntax? (ctx : ContextInfo) (lctx : LocalContext) (stx : Syntax) : IO (Option String) := do
  let text := (← ctx.ppSyntax lctx stx).pretty
  return if text.startsWith "failed to pretty print" then none else some text

private def goals (ctx : ContextInfo) (mctx : MetavarContext) (goals : List MVarId) : IO (List String) :=
  ({ ctx with mctx } : ContextInfo).runMetaM {} do
    goals.mapM fun g => return (← Meta.ppGoal g).pretty

private def elaborator (name : Name) : Json := if name.isAnonymous then .null else toJson name

private def detail : ContextInfo → Info → IO Json
  | ctx, .ofTacticInfo i => do
    return .mkObj [
      ("name", toJson (tacticName? i)),
      ("stx", syntaxJson ctx i.stx (some (← ppTactic ctx i.stx))),
      ("goalsBefore", toJson (← goals ctx i.mctxBefore i.goalsBefore)),
      ("goalsAfter", toJson (← goals ctx i.mctxAfter i.goalsAfter))]
  | ctx, .ofTermInfo i => do
    let expected ← i.expectedType?.mapM (ppTerm ctx i.lctx)
    return .mkObj <| [
      ("elaborator", elaborator i.elaborator),
      ("stx", syntaxJson ctx i.stx (← ppSyntax? ctx i.lctx i.stx)),
      ("expr", toJson (← ppTerm ctx i.lctx i.expr)),
      ("isBinder", toJson i.isBinder)] ++ (expected.map fun e => ("expectedType", toJson e)).toList
  | ctx, .ofCommandInfo i => do
    return .mkObj [
      ("elaborator", elaborator i.elaborator),
      ("stx", syntaxJson ctx i.stx (← ppSyntax? ctx {} i.stx))]
  | _, _ => return .null

/-- An info tree as the protocol prints it. -/
partial def treeJson (tree : InfoTree) (ctx? : Option ContextInfo := none) : IO Json := do
  match tree, ctx? with
  | .context ctx tree, _ => treeJson tree (ctx.mergeIntoOuter? ctx?)
  | .node info children, some ctx =>
    let below ← children.toArray.mapM (treeJson · ctx?)
    return .mkObj [("kind", kindName info), ("node", ← detail ctx info), ("children", .arr below)]
  | .hole goal, some ctx =>
    return .mkObj [("goalState", (← ctx.runMetaM {} (Meta.ppGoal goal)).pretty)]
  | _, none => throw <| IO.userError "an info tree has no context"

end ToJson

end Lakatos.Repl
