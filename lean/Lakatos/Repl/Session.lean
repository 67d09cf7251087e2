import Lakatos.Repl.Snapshot

/-!
# The community REPL's protocol

`worker --repl` speaks the protocol of `leanprover-community/repl`, so that tools written for it work. A
request is a JSON object, ended by a blank line (`{cmd, env?}`, `{path, env?}`, `{tactic, proofState}`,
`{pickleTo, env|proofState}`, `{unpickleEnvFrom}`, `{unpickleProofStateFrom, env?}`); an answer is a JSON object
followed by a blank line.

It differs on purpose in two points: a malformed request is answered with a message and does not end the process, and
a `sorry`'s proof state knows the declarations that come before its command in the same text.
-/

namespace Lakatos.Repl

open Lean Elab

/-- Everything that has been handed out by number. -/
structure Session where
  commands : Array Command.State := #[]
  proofs : Array ProofSnapshot := #[]

/-- The REPL's monad. -/
abbrev ReplM := StateRefT Session IO

private def remember (p : ProofSnapshot) : ReplM Nat :=
  modifyGet fun s => (s.proofs.size, { s with proofs := s.proofs.push p })

private def rememberCommand (c : Command.State) : ReplM Nat :=
  modifyGet fun s => (s.commands.size, { s with commands := s.commands.push c })

private def failure (message : String) : Json := .mkObj [("message", message)]

/-- Leaves out empty lists, as the protocol does. -/
private def field (key : String) (items : Array Json) : List (String × Json) :=
  if items.isEmpty then [] else [(key, .arr items)]

private def position (p : Position) : Json :=
  .mkObj [("line", p.line), ("column", p.column)]

private def messageJson (m : Message) : IO Json := do
  let severity := match m.severity with
    | .information => "info"
    | .warning => "warning"
    | .error => "error"
  return .mkObj [
    ("pos", position m.pos), ("endPos", toJson (m.endPos.map position)), ("severity", severity),
    ("data", (← m.data.toString).trimAscii.toString)]

/-- One command of a text: the environment before it, and what elaborating it recorded. -/
private structure Elaborated where
  before : Environment
  trees : Array InfoTree

/-- Elaborates a text command by command. -/
private partial def elaborate (input : Parser.InputContext) (parser : Parser.ModuleParserState)
    (state : Command.State) : IO (Command.State × MessageLog × Array Elaborated) :=
  go parser state state.messages #[]
where
  go parser state log done := do
    let scope := state.scopes.head!
    let (stx, parser, messages) := Parser.parseCommand input
      { env := state.env, options := scope.opts, currNamespace := scope.currNamespace
        openDecls := scope.openDecls } parser {}
    let log := log ++ messages
    let before := state.env
    let ctx : Command.Context := {
      fileName := input.fileName, fileMap := input.fileMap, cmdPos := parser.pos
      snap? := none, cancelTk? := none }
    let fresh := { state with messages := {}, infoState := { enabled := true }, traceState := {} }
    let action : Command.CommandElabM Unit := Command.elabCommandTopLevel stx
    let result ← (action.run ctx |>.run fresh).toIO'
    match result with
    | .ok (_, state) =>
      let log := log ++ state.messages
      let done := done.push { before, trees := state.infoState.trees.toArray }
      if Parser.isTerminalCommand stx then return (state, log, done) else go parser state log done
    | .error e => throw <| IO.userError (← e.toMessageData.toString)

private def siteFields (site : Site) : List (String × Json) :=
  -- Trees of a tactic step have no text, and so no positions.
  if site.ctx.fileMap.source.isEmpty then []
  else [("pos", position site.pos), ("endPos", position site.endPos)]

private def goalText (p : ProofSnapshot) : IO String :=
  return "\n".intercalate (← p.ppGoals)

private def sorryJson (site : Site) (p : ProofSnapshot) : ReplM Json := do
  return .mkObj <| [("proofState", toJson (← remember p)), ("goal", toJson (← goalText p))] ++ siteFields site

private def sorriesOf (tree : InfoTree) (env : Environment) (roots? : Option (List MVarId)) :
    ReplM (Array Json) :=
  (sorries tree).mapM fun (site, hole) => do sorryJson site (← ProofSnapshot.ofHole site hole env roots?)

private def tacticJson (env : Environment) (t : TacticSite) : ReplM Json := do
  let p ← ProofSnapshot.ofSite t.toSite env t.goals t.rootGoals
  let goals := (← goalText p).trimAscii.toString
  return .mkObj [
    ("proofState", toJson (← remember p)),
    ("goals", toJson (if t.goals.isEmpty then "no goals" else goals)),
    ("tactic", toJson (← ppTactic t.ctx t.stx)),
    ("pos", position t.pos), ("endPos", position t.endPos),
    ("usedConstants", toJson t.usedConstants.toArray)]

private def flag (j : Json) (key : String) : Bool := (j.getObjValAs? Bool key).toOption.getD false

/-- The command state that `env` names, or the text's own header. -/
private unsafe def initial (j : Json) (input : Parser.InputContext) :
    ReplM (Except String (Parser.ModuleParserState × Command.State)) := do
  match (j.getObjVal? "env").toOption.filter (!·.isNull) with
  | some number =>
    match number.getNat?.toOption.bind ((← get).commands[·]?) with
    | some state => return .ok ({}, { state with messages := {} })
    | none => return .error "Unknown environment."
  | none =>
    enableInitializersExecution
    let (header, parser, messages) ← Parser.parseHeader input
    let (env, messages) ← processHeader header {} messages input
    return .ok (parser, Command.mkState env messages {})

/-- `{cmd, env?, allTactics?, rootGoals?, infotree?}` -/
private unsafe def command (j : Json) (text : String) : ReplM Json := do
  let input := Parser.mkInputContext text "<input>"
  let (parser, state) ← match ← initial j input with
    | .ok start => pure start
    | .error message => return failure message
  let (state, log, done) ← elaborate input parser state
  let messages ← log.toList.toArray.filter (!·.isSilent) |>.mapM (messageJson ·)
  let mut holes := #[]
  let mut all := #[]
  let mut shown := #[]
  for { before, trees } in done do
    for tree in trees do
      holes := holes ++ (← sorriesOf tree before none)
  if flag j "rootGoals" then
    for { before, trees } in done do
      for tree in trees do
        for (site, goals) in rootGoals tree do
          let p ← ProofSnapshot.ofSite site before goals goals
          holes := holes.push <| .mkObj [
            ("proofState", toJson (← remember p)),
            ("goal", toJson (← goalText p).trimAscii.toString),
            ("pos", position site.pos), ("endPos", position site.pos)]
  if flag j "allTactics" then
    for { before, trees } in done do
      for tree in trees do
        for t in tactics tree do all := all.push (← tacticJson before t)
  if let some filter := (j.getObjValAs? String "infotree").toOption.bind TreeFilter.ofString? then
    for { trees, .. } in done do
      for tree in trees do
        for pruned in prune filter tree do shown := shown.push (← treeJson pruned)
  let env ← rememberCommand { state with messages := {}, infoState := {}, traceState := {} }
  return .mkObj <| [("env", toJson env)] ++ field "messages" messages ++ field "sorries" holes
    ++ field "tactics" all ++ field "infotree" shown

/-- The answer to a step from `old` to `p`; `old` gives the `sorry`s of the step their context. -/
private def answerProof (old p : ProofSnapshot) : ReplM Json := do
  let traces ← p.core.traceState.traces.toArray.mapM fun t =>
    return toJson (← t.msg.toString).trimAscii.toString
  let messages ← p.core.messages.toList.toArray.filter (!·.isSilent) |>.mapM (messageJson ·)
  let (ctx, _) ← old.runMeta do return ({ ← CommandContextInfo.save with } : CommandContextInfo)
  let trees := p.core.infoState.trees.toArray.map (·.substitute p.core.infoState.assignment)
  let holes ← trees.flatMapM fun tree =>
    sorriesOf (.context (.commandCtx { ctx with fileMap := default }) tree) p.core.env (some p.roots)
  let goals ← p.ppGoals
  let number ← remember p
  return .mkObj <| [("proofState", toJson number), ("goals", toJson goals)]
    ++ field "messages" messages ++ field "sorries" holes ++ field "traces" traces
    ++ [("proofStatus", toJson (← p.status))]

private def proof? (number : Nat) : ReplM (Option ProofSnapshot) := return (← get).proofs[number]?

/-- `{tactic, proofState}` -/
private def tactic (text : String) (number : Nat) : ReplM Json := do
  let some p ← proof? number | return failure "Unknown proof state."
  match ← (p.step text).toBaseIO with
  | .ok next => answerProof p next
  | .error e => return failure s!"Lean error:\n{e}"

private unsafe def dispatch (j : Json) : ReplM Json := do
  let string? (key : String) := (j.getObjValAs? String key).toOption
  let nat? (key : String) := (j.getObjValAs? Nat key).toOption
  match string? "tactic", nat? "proofState" with
  | some text, some number => return ← tactic text number
  | _, _ => pure ()
  if let some path := string? "pickleTo" then
    if let some number := nat? "env" then
      let some state := (← get).commands[number]? | return failure "Unknown environment."
      pickleCommand state path
      return .mkObj [("env", number)]
    if let some number := nat? "proofState" then
      let some p ← proof? number | return failure "Unknown proof State."
      pickleProof p path
      return ← answerProof p p
  if let some path := string? "unpickleProofStateFrom" then
    let base? ← match nat? "env" with
      | none => pure none
      | some number =>
        let some state := (← get).commands[number]? | return failure "Unknown environment."
        pure (some state.env)
    let p ← unpickleProof path base?
    return ← answerProof p p
  if let some path := string? "unpickleEnvFrom" then
    return .mkObj [("env", ← rememberCommand (← unpickleCommand path))]
  if let some text := string? "cmd" then return ← command j text
  if let some path := string? "path" then
    return ← command j (← IO.FS.readFile path)
  return failure "Could not parse as a valid JSON command: expected one of the fields cmd, path, \
    tactic, pickleTo, unpickleEnvFrom, unpickleProofStateFrom"

/-- Lines up to a blank one or the end of input, joined as the community REPL joins them: without their line ends. -/
private partial def readRequest (stdin : IO.FS.Stream) (acc : String := "") : IO (Option String) := do
  let line ← stdin.getLine
  if line.trimAscii.isEmpty then
    return if line.isEmpty && acc.isEmpty then none else some acc
  readRequest stdin (acc ++ line.trimAsciiEnd.toString)

/-- Serves requests until the end of input. -/
unsafe def serve : IO Unit := do
  let stdin ← IO.getStdin
  let stdout ← IO.getStdout
  let rec loop : ReplM Unit := do
    let some request ← readRequest stdin | return
    unless request.isEmpty || request.startsWith "#" || request.startsWith "--" do
      let answer ← try
          match Json.parse request with
          | .ok j => dispatch j
          | .error e => pure (failure s!"Could not parse JSON:\n{e}")
        catch e => pure (failure (toString e))
      stdout.putStrLn (toString answer)
      stdout.putStrLn ""
      stdout.flush
    loop
  loop.run' {}

end Lakatos.Repl
