import Lakatos.Frontend

/-!
# Texts that change

A document is a text with the state after each of its commands. When the text changes, what stands
before the first changed command is not elaborated again: states are values, so that keeping them
costs what they do not share.

A command counts as unchanged where its text is, and where the parser, which may look beyond a
command's end, still ends it in the same place.
-/

namespace Lakatos

open Lean Elab

/-- One command of a document. -/
structure Snapshot where
  /-- Where its text begins, which is where that of the command before it ends. -/
  start : String.Pos.Raw
  /-- Where its text ends, the white space and comments after it included. -/
  stop : String.Pos.Raw
  /-- Its text. -/
  piece : String
  /-- The command; `none` where nothing of it was left to elaborate. -/
  stx? : Option Syntax
  /-- The parser behind it. -/
  parser : Parser.ModuleParserState
  /-- The state before it. -/
  before : Command.State
  /-- The state after it. -/
  state : Command.State
  /-- What Lean said of it. -/
  messages : Array Message
  /-- Namespaces that an `open` line lost. -/
  droppedOpens : Array Name
  /-- When it was elaborated: a number that no other snapshot has had before. -/
  made : Nat

/-- A text and what is known of it. -/
structure Document where
  /-- The same for all versions of a text. -/
  id : Nat
  /-- Another one after each change. -/
  revision : Nat
  /-- The modules that it imports. -/
  imports : Array Name
  /-- Whether core stands in for Mathlib. -/
  substituted : Bool
  /-- The text after its header. -/
  text : String
  /-- Its commands, as far as they were elaborated. -/
  snapshots : Array Snapshot
  /-- What Lean said where the text ends. -/
  tail : Array Message
  /-- Whether it was elaborated to its end. -/
  complete : Bool

namespace Snapshots

/-- The state after the last of them. -/
def last (base : Command.State) (snapshots : Array Snapshot) : Command.State :=
  snapshots.back?.elim (Frontend.clean base) (·.state)

/-- What Lean said of them, in order. -/
def messages (snapshots : Array Snapshot) : Array Message :=
  snapshots.foldl (init := #[]) (· ++ ·.messages)

/-- How many commands of the document `text` begins with, word for word. -/
def common (d : Document) (text : String) : Nat := Id.run do
  let mut n := 0
  for s in d.snapshots do
    if String.Pos.Raw.extract text s.start s.stop != s.piece then break
    n := n + 1
  return n

/-- The first snapshots of `d`, of which `n` agree with `text`, where they are all of `text`. -/
def beginning? (d : Document) (n : Nat) (text : String) : Option (Array Snapshot) :=
  let stop := (d.snapshots.extract 0 n).back?.elim 0 (·.stop)
  if stop == text.rawEndPos && (0 < n || d.snapshots.isEmpty) then some (d.snapshots.extract 0 n)
  else none

/-- Whether the parser ends the command where it did. -/
private def stillEnds (ictx : Parser.InputContext) (s : Snapshot) (ps : Parser.ModuleParserState) :
    Bool :=
  let (stx, parser, _) := Parser.parseCommand ictx (Frontend.parserContext s.before) ps {}
  parser.pos == s.parser.pos && s.stx?.all (fun old => stx.getKind == old.getKind)

/-- Elaborates `text`, whose first commands are `known` already. The snapshots, what Lean said at the
text's end, and whether the end was reached: not where the token or the time cut it off. -/
partial def elaborate (text : String) (base : Command.State) (known : Array Snapshot)
    (token : IO.CancelToken) (config : ElabConfig) (until? : Option Nat) :
    BaseIO (Array Snapshot × Array Message × Bool) := do
  let ictx := Parser.mkInputContext text config.fileName
  let parserAt (snapshots : Array Snapshot) : Parser.ModuleParserState :=
    snapshots.back?.elim {} (·.parser)
  -- The text behind the last known command has changed, which may change that command's end.
  let known := match known.back? with
    | some s => if stillEnds ictx s (parserAt known.pop) then known else known.pop
    | none => known
  let rec loop (snapshots : Array Snapshot) : BaseIO (Array Snapshot × Array Message × Bool) := do
    let now ← IO.monoMsNow
    if until?.any (· ≤ now) then return (snapshots, #[], false)
    let ps := parserAt snapshots
    let before := last base snapshots
    match ← Frontend.elabNext ictx config token ps before with
    | .error tail => return (snapshots, tail, true)
    | .ok next =>
      if next.interrupted then return (snapshots, next.messages, false)
      let start := snapshots.back?.elim 0 (·.stop)
      let stop := next.parser.pos
      let made ← IO.monoNanosNow
      loop <| snapshots.push {
        start, stop, piece := String.Pos.Raw.extract text start stop, stx? := next.stx?
        parser := next.parser, before, state := Frontend.clean next.state
        messages := next.messages, droppedOpens := next.droppedOpens, made }
  loop known

end Snapshots

end Lakatos
