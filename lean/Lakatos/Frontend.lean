import Lakatos.Json

/-!
# Elaborating a text

The commands of a text are elaborated one after the other on the calling thread. Lean's
`elabCommandTopLevel` starts each command from an empty message log and no information trees, so
both are collected here.

An `import` inside a text is refused: Lean's parser would end there in silence, and what follows
would count as accepted without having been read.
-/

namespace Lakatos

open Lean Elab

/-- How to elaborate a text. -/
structure ElabConfig where
  /-- Collect information trees (needed to find sorries and tactics). -/
  infoTrees : Bool := false
  /-- Take namespaces that do not exist out of `open` lines: the text was written for a library
  that is not there. -/
  lenientOpens : Bool := false
  /-- Give every `example` a name, so that it is in the environment afterwards like a theorem. -/
  nameExamples : Bool := false
  /-- Named in messages. -/
  fileName : String := "<input>"

/-- What became of one command. -/
structure CommandResult where
  /-- The command as it was elaborated. -/
  stx : Syntax
  /-- The state before the command. -/
  before : Command.State
  /-- The information trees that it made. -/
  trees : Array InfoTree

/-- What became of a text. -/
structure Elaborated where
  /-- The state afterwards, with neither messages nor trees. Scopes stay open. -/
  state : Command.State
  /-- What Lean said, in order. -/
  messages : Array Message := #[]
  /-- The commands, in order. -/
  commands : Array CommandResult := #[]
  /-- Whether the cancel token ended the elaboration early. -/
  interrupted : Bool := false
  /-- Namespaces that `open` lines lost. -/
  droppedOpens : Array Name := #[]
  /-- Lines of examples that were to be named, and are not theorems under a name. -/
  unnamed : Array Nat := #[]
  /-- The text's lines. -/
  fileMap : FileMap

/-- Every information tree, in order. -/
def Elaborated.trees (e : Elaborated) : Array InfoTree :=
  e.commands.foldl (init := #[]) fun acc c => acc ++ c.trees

namespace Frontend

/-- The parser's view of a scope. -/
def parserContext (s : Command.State) : Parser.ParserModuleContext :=
  let scope := s.scopes.head!
  { env := s.env, options := scope.opts, currNamespace := scope.currNamespace
    openDecls := scope.openDecls }

/-- `s` without messages, trees, traces and unfinished tasks. -/
def clean (s : Command.State) (infoTrees : Bool := false) : Command.State :=
  { s with messages := {}, infoState := { enabled := infoTrees }, traceState := {}
           snapshotTasks := #[] }

private def isNamespace (s : Command.State) (n : Name) : Bool :=
  let scope := s.scopes.head!
  !(ResolveName.resolveNamespace s.env scope.currNamespace scope.openDecls n).isEmpty

/-- Takes the identifiers at child `i` that name no namespace out of `decl`. -/
private def filterIdents (s : Command.State) (decl : Syntax) (i : Nat) : Syntax × Array Name :=
  let (kept, lost) := decl[i].getArgs.partition fun id => isNamespace s id.getId
  (decl.setArg i (decl[i].setArgs kept), lost.map Syntax.getId)

/-- The command without the namespaces that do not exist; `none` where nothing is left of it. -/
private partial def dropOpens (s : Command.State) (stx : Syntax) : Option Syntax × Array Name :=
  if stx.isOfKind ``Parser.Command.open then
    let decl := stx[1]
    if decl.isOfKind ``Parser.Command.openSimple then keep 0
    else if decl.isOfKind ``Parser.Command.openScoped then keep 1
    else if isNamespace s decl[0].getId then (some stx, #[])
    else (none, #[decl[0].getId])
  else if stx.isOfKind ``Parser.Command.in then
    match dropOpens s stx[0] with
    | (none, lost) =>
      let (rest, more) := dropOpens s stx[2]
      (rest, lost ++ more)
    | (some first, lost) => (some (stx.setArg 0 first), lost)
  else (some stx, #[])
where
  keep (i : Nat) :=
    let (decl, lost) := filterIdents s stx[1] i
    (if decl[i].getNumArgs == 0 then none else some (stx.setArg 1 decl), lost)

private def errorAt (ictx : Parser.InputContext) (pos : String.Pos.Raw) (text : String) : Message :=
  { fileName := ictx.fileName, pos := ictx.fileMap.toPosition pos, data := text }

/-- Elaborates one command; the Boolean says whether the cancel token ended it. -/
private def elabCommand (ictx : Parser.InputContext) (config : ElabConfig) (token : IO.CancelToken)
    (pos : String.Pos.Raw) (stx : Syntax) (s : Command.State) :
    BaseIO (Command.State × Array Message × Bool) := do
  let context : Command.Context :=
    { fileName := ictx.fileName, fileMap := ictx.fileMap, cmdPos := pos, snap? := none
      cancelTk? := some token }
  let action : Command.CommandElabM Unit := Command.elabCommandTopLevel stx
  match ← (action.run context |>.run (clean s config.infoTrees)).toBaseIO with
  | .ok ((), s') => return (s', s'.messages.toArray, ← token.isSet)
  | .error e =>
    let text ← renderMessageData e.toMessageData
    let interrupted := e.isInterrupt || (← token.isSet)
    let text := if interrupted then "elaboration was interrupted by its deadline" else text
    return (s, #[errorAt ictx pos text], interrupted)

/-- `example : T := p` as the theorem `name`; nothing where it is no example, or has no type. -/
private partial def namedExample? (name : Name) (stx : Syntax) : Option Syntax := do
  if stx.isOfKind ``Parser.Command.in then
    return stx.setArg 2 (← namedExample? name stx[2])
  guard (stx.isOfKind ``Parser.Command.declaration && stx[1].isOfKind ``Parser.Command.example)
  let head := stx[1][0]
  let signature := stx[1][1]
  guard (signature[1].getNumArgs == 1)
  let id := mkNode ``Parser.Command.declId #[mkIdentFrom head name, mkNullNode]
  let signature := mkNode ``Parser.Command.declSig #[signature[0], signature[1][0]]
  let theoremStx := mkNode ``Parser.Command.theorem
    #[mkAtomFrom head "theorem ", id, signature, stx[1][2]]
  return stx.setArg 1 theoremStx

private partial def isExample (stx : Syntax) : Bool :=
  if stx.isOfKind ``Parser.Command.in then isExample stx[2]
  else stx.isOfKind ``Parser.Command.declaration && stx[1].isOfKind ``Parser.Command.example

/-- `s` in which a theorem gets the section's variables that an example would have; nothing where there are
none. -/
private def withVariables? (s : Command.State) : Option Command.State :=
  match s.scopes with
  | scope :: rest =>
    if scope.varUIds.isEmpty then none
    else some { s with scopes := Compat.includeVariables scope :: rest }
  | [] => none

/-- Elaborates an example as a theorem of its place; with all the section's variables where its proof uses more
of them than its statement; as it stands where Lean does not take it for a theorem at all. The last Boolean
says whether it has its name. -/
private def elabExample (ictx : Parser.InputContext) (config : ElabConfig) (token : IO.CancelToken)
    (pos : String.Pos.Raw) (stx : Syntax) (s : Command.State) :
    BaseIO (Command.State × Array Message × Bool × Bool) := do
  let place := ictx.fileMap.toPosition (stx.getPos?.getD pos)
  if let some named := namedExample? (.mkSimple s!"_example_{place.line}_{place.column}") stx then
    for s' in s :: (withVariables? s).toList do
      let (state, said, interrupted) ← elabCommand ictx config token pos named s'
      if interrupted || !hasErrors said then
        return ({ state with scopes := s.scopes }, said, interrupted, true)
  let (state, said, interrupted) ← elabCommand ictx config token pos stx s
  return (state, said, interrupted, false)

/-- Parses `text` as one command; otherwise says why it is not one. -/
def parseOne (text : String) (s : Command.State) (config : ElabConfig := {}) :
    Except (Array Message) Syntax := do
  let ictx := Parser.mkInputContext text config.fileName
  let (stx, ps, log) := Parser.parseCommand ictx (parserContext s) {} {}
  if log.hasErrors then throw log.toArray
  if Parser.isTerminalCommand stx then throw #[errorAt ictx 0 "there is no command here"]
  let (next, _, _) := Parser.parseCommand ictx (parserContext s) ps {}
  unless next.isOfKind ``Parser.Command.eoi do
    throw #[errorAt ictx (next.getPos?.getD ps.pos) "there is more than one command here"]
  return stx

/-- Elaborates one command that was parsed from `text`. -/
def elabOne (text : String) (stx : Syntax) (s : Command.State) (token : IO.CancelToken)
    (config : ElabConfig := {}) : BaseIO Elaborated := do
  let ictx := Parser.mkInputContext text config.fileName
  let (kept?, droppedOpens) := if config.lenientOpens then dropOpens s stx else (some stx, #[])
  let initial := { state := clean s, droppedOpens, fileMap := ictx.fileMap : Elaborated }
  let some stx := kept? | return initial
  let (state, messages, interrupted) ← elabCommand ictx config token 0 stx s
  let command := { stx, before := s, trees := state.infoState.trees.toArray }
  return { initial with state := clean state, messages, interrupted, commands := #[command] }

/-- One command of a text, read and elaborated. -/
structure Stepped where
  /-- The command as it was elaborated; `none` where nothing of it was left. -/
  stx? : Option Syntax
  /-- Where the parser goes on. -/
  parser : Parser.ModuleParserState
  /-- The state afterwards, with its information trees. -/
  state : Command.State
  /-- What Lean said. -/
  messages : Array Message
  /-- Namespaces that an `open` line lost. -/
  droppedOpens : Array Name := #[]
  /-- Whether the cancel token ended it. -/
  interrupted : Bool := false
  /-- An example that was to be named and is not a theorem under a name. -/
  unnamed : Bool := false

/-- Reads and elaborates the command at `ps`; what Lean said where the text is over. -/
def elabNext (ictx : Parser.InputContext) (config : ElabConfig) (token : IO.CancelToken)
    (ps : Parser.ModuleParserState) (before : Command.State) :
    BaseIO (Except (Array Message) Stepped) := do
  let (stx, parser, log) := Parser.parseCommand ictx (parserContext before) ps {}
  let messages := log.toArray
  if stx.isOfKind ``Parser.Command.import then
    return .error <| messages.push <| errorAt ictx (stx.getPos?.getD ps.pos)
      "an `import` may only stand in the header, which is not part of this text"
  if Parser.isTerminalCommand stx then return .error messages
  let (stx?, droppedOpens) :=
    if config.lenientOpens then dropOpens before stx else (some stx, #[])
  let some stx := stx? | return .ok { stx?, parser, state := before, messages, droppedOpens }
  let (state, said, interrupted, named) ←
    if config.nameExamples && isExample stx then elabExample ictx config token ps.pos stx before
    else
      let (state, said, interrupted) ← elabCommand ictx config token ps.pos stx before
      pure (state, said, interrupted, true)
  return .ok { stx?, parser, state, messages := messages ++ said, droppedOpens, interrupted
               unnamed := !named }

/-- Elaborates all commands of `text` on top of `initial`. -/
partial def elabCommands (text : String) (initial : Command.State) (token : IO.CancelToken)
    (config : ElabConfig := {}) : BaseIO Elaborated := do
  let ictx := Parser.mkInputContext text config.fileName
  let rec loop (ps : Parser.ModuleParserState) (r : Elaborated) : BaseIO Elaborated := do
    match ← elabNext ictx config token ps r.state with
    | .error messages => return { r with messages := r.messages ++ messages }
    | .ok next =>
      let before := r.state
      let r := { r with
        messages := r.messages ++ next.messages
        droppedOpens := r.droppedOpens ++ next.droppedOpens }
      let some stx := next.stx? | loop next.parser r
      let line := (ictx.fileMap.toPosition (stx.getPos?.getD ps.pos)).line
      let r := { r with
        unnamed := if next.unnamed then r.unnamed.push line else r.unnamed
        state := clean next.state
        commands := r.commands.push { stx, before, trees := next.state.infoState.trees.toArray }
        interrupted := next.interrupted }
      if r.interrupted then return r
      loop next.parser r
  loop {} { state := clean initial, fileMap := ictx.fileMap }

end Frontend

end Lakatos
