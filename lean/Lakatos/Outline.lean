import Lakatos.Environment

/-!
# The operation `outline`

The commands of a file that is being written: where each stands, what it declares, where its proof is
and its sorries are, and what Lean says of it. Only what changed since the last request, and what
stands after it, is elaborated.

Places are offsets in bytes: those of commands from the end of the header, so that an edit changes
nothing before it.
-/

namespace Lakatos

open Lean Elab

namespace Outline

/-- The command behind `in`s: that of `open Nat in theorem …` is the theorem. -/
private partial def inner (stx : Syntax) : Syntax :=
  if stx.isOfKind ``Parser.Command.in then inner stx[2] else stx

/-- The first node for which `p` holds, nearest to the root. -/
private partial def find? (p : Syntax → Bool) (stx : Syntax) : Option Syntax :=
  if p stx then some stx else stx.getArgs.findSome? (find? p)

/-- The words of the commands that state something to be proved or defined. -/
private def word (stx : Syntax) : String :=
  let stx := if stx.isOfKind ``Parser.Command.declaration then stx[1] else stx
  match stx.getKind with
  | .str _ s => s
  | _ => "other"

/-- Its full name, where it has one. -/
private def name? (scope : Command.Scope) (stx : Syntax) : Option (Name × Syntax) := do
  let id ← find? (·.isOfKind ``Parser.Command.declId) stx
  let name := id[0].getId
  let name := match name with
    | .str (.str .anonymous "_root_") s => .mkSimple s
    | name => if (`_root_).isPrefixOf name then name.replacePrefix `_root_ .anonymous
        else scope.currNamespace ++ name
  return (name, id[0])

/-- Whether it is where a declaration's value begins. -/
private def isValue (stx : Syntax) : Bool :=
  stx.isOfKind ``Parser.Command.declValSimple || stx.isOfKind ``Parser.Command.declValEqns
    || stx.isOfKind ``Parser.Command.whereStructInst

/-- What is looked for inside a command. -/
private structure Places where
  /-- Sorries; whether each is a tactic. -/
  sorries : Array (Syntax × Bool) := #[]
  /-- The tactics after each `by`. -/
  blocks : Array Syntax := #[]

private partial def places (stx : Syntax) (p : Places) : Places :=
  if stx.isOfKind ``Parser.Tactic.tacticSorry || stx.isOfKind ``Parser.Tactic.tacticAdmit then
    { p with sorries := p.sorries.push (stx, true) }
  else if stx.isOfKind ``Parser.Term.sorry then
    { p with sorries := p.sorries.push (stx, false) }
  else
    let p := if stx.isOfKind ``Parser.Term.byTactic then
      { p with blocks := p.blocks.push stx[1] } else p
    stx.getArgs.foldl (init := p) fun p child => places child p

private def range (stx : Syntax) : List (String × Json) :=
  match stx.getPos?, stx.getTailPos? with
  | some start, some stop => [("start", toJson start.byteIdx), ("end", toJson stop.byteIdx)]
  | _, _ => []

private def rangeJson? (stx? : Option Syntax) : Json :=
  match stx?.map range with
  | some (r@(_ :: _)) => Json.mkObj r
  | _ => Json.null

/-- A message with its place. -/
private def messageJson (map : FileMap) (m : Message) : BaseIO Json := do
  let start := map.ofPosition m.pos
  let stop := m.endPos.elim start map.ofPosition
  let severity := match m.severity with
    | .error => "error"
    | .warning => "warning"
    | .information => "info"
  return Json.mkObj [("severity", severity), ("start", toJson start.byteIdx),
    ("end", toJson stop.byteIdx), ("data", ← renderMessageData m.data),
    ("sorry", m.data.hasTag (· == `hasSorry))]

private def commandJson (map : FileMap) (s : Snapshot) : BaseIO Json := do
  let messages ← (s.messages.filter (!·.isSilent)).mapM (messageJson map)
  let piece := [("start", toJson s.start.byteIdx), ("end", toJson s.stop.byteIdx),
    ("messages", .arr messages)]
  let some whole := s.stx? | return Json.mkObj (("kind", "other") :: piece)
  let stx := inner whole
  let name := name? s.before.scopes.head! stx
  let found := places stx {}
  let sorries := found.sorries.filterMap fun (stx, tactic) =>
    match range stx with
    | [] => none
    | r => some (Json.mkObj (("tactic", toJson tactic) :: r))
  return Json.mkObj <| piece ++ [
    ("kind", toJson (word stx)),
    ("text", rangeJson? whole),
    ("name", name.elim Json.null fun (n, _) => toJson (toString (privateToUserName n))),
    ("id", rangeJson? (name.map (·.2))),
    ("value", rangeJson? (find? isValue stx)),
    ("sorries", .arr sorries),
    ("blocks", .arr ((found.blocks.map (rangeJson? ∘ some)).filter (!·.isNull)))]

end Outline

/-- The operation `outline`. -/
def handleOutline : Handler := fun request => do
  let text ← Request.field String request "text"
  let have? ← Request.field? Nat request "have"
  let known := (← Request.field? Nat request "known").getD 0
  let budget? ← Request.field? Nat request "budget_ms"
  let ictx := Parser.mkInputContext text "<input>"
  let (header, parser, log) ← orFail .internal <| Parser.parseHeader ictx
  let body := String.Pos.Raw.extract text parser.pos text.rawEndPos
  let asked := (headerToImports header (includeInit := false)).map (·.module)
  let (imports, substituted, dropped, base) ← Environment.openBase asked
  let documents := (← WorkerM.getTables).documents
  let (document, snapshots) ← Environment.readDocument imports substituted base body budget?
  -- The asker has the first `known` commands of that revision: those that are still the same
  -- need not be told again.
  let old? := documents.find? fun d => d.id == document.id && some d.revision == have?
  let same := old?.elim 0 fun old => Id.run do
    let mut n := 0
    for s in snapshots do
      if n == known || old.snapshots[n]?.all (·.made != s.made) then break
      n := n + 1
    return n
  let map := body.toFileMap
  let commands ← (snapshots.extract same snapshots.size).mapM (Outline.commandJson map ·)
  let tail ← document.tail.mapM (Outline.messageJson map ·)
  let headerSaid ← log.toArray.mapM (Outline.messageJson ictx.fileMap ·)
  return Json.mkObj [
    ("revision", toJson document.revision), ("header_end", toJson parser.pos.byteIdx),
    ("asked", toJson (asked.map toString)), ("imports", toJson (imports.map toString)),
    ("dropped_imports", toJson (dropped.map toString)),
    ("from", toJson same), ("commands", .arr commands), ("complete", toJson document.complete),
    ("tail", .arr tail), ("header_messages", .arr headerSaid)]

end Lakatos
