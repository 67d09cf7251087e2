import Lakatos.Monad

/-!
# Goals as text, as structure and as a hash

`ofGoals` renders goals for an answer. Pretty-printing is the dearest part of a cheap step, and most
hypotheses are the same before and after it, so that each type, value and target is rendered once and
kept in the `RenderCache` that a root's descendants share.
-/

namespace Lakatos

open Lean Meta

/-- A goal as an answer shows it. -/
structure GoalView where
  /-- The goal. -/
  goal : MVarId
  /-- The protocol's `Goal`. -/
  json : Json
  /-- Its field `text`. -/
  text : String
  /-- Its digest. -/
  digest : Digest
  /-- Whether unassigned metavariables occur in it. -/
  hasMVars : Bool

namespace GoalView

/-- Renders an expression in the (sanitized) local context at hand. -/
private def render (cache : RenderCache) (hash : GoalHash.Context) (e : Expr) : MetaM Rendered := do
  let lctx ← getLCtx
  let look (id : FVarId) : Nat × Name :=
    (hash.fvars[id]?.getD 0, (lctx.find? id).elim .anonymous (·.userName))
  if let some r := (← cache.rendered.get)[e]? then
    if r.uses.all fun (id, use) => look id == use then return r
  let format ← ppExpr e
  let r := {
    uses := (collectFVars {} e).fvarIds.map fun id => (id, look id)
    format, text := format.pretty, digest := ← GoalHash.hashExpr hash e, prop := ← isProp e }
  unless e.hasMVar do cache.rendered.modify (·.insert e r)
  return r

/-- Columns of a line, as in Lean's own rendering. -/
private def width : Nat := 120

/-- `names : type`, laid out as `Meta.ppGoal` does. Where all of it fits on a line, the layout is
plain concatenation. -/
private def hypLine (names : List Name) (type : Rendered) : String :=
  let before := " ".intercalate (names.map toString) ++ " : "
  if before.length + type.text.length ≤ width && !type.text.contains '\n' then before ++ type.text
  else
    let names := Format.joinSep names (format " ")
    (names ++ " :" ++ Format.nest 2 (Format.line ++ type.format)).group.pretty

/-- `name : type := value`, likewise. -/
private def letLine (name : Name) (type value : Rendered) : String :=
  (format name ++ " : " ++ type.format ++ " :=" ++
    Format.nest 2 (Format.line ++ value.format)).group.pretty

/-- The target after its sign. -/
private def targetLine (sign : String) (target : Rendered) : String :=
  if sign.length + target.text.length ≤ width && !target.text.contains '\n' then sign ++ target.text
  else (sign ++ Format.nest 2 target.format).pretty

/-- The hypotheses' lines: names of the same type share one, as in `Meta.ppGoal`. -/
private structure Lines where
  done : Array String := #[]
  names : Array Name := #[]
  type : Option (Expr × Rendered) := none

private def Lines.flush (l : Lines) : Lines :=
  match l.type with
  | none => l
  | some (_, type) => { done := l.done.push (hypLine l.names.toList type) }

private def Lines.addHyp (l : Lines) (name : Name) (type : Expr) (r : Rendered) : Lines :=
  let l := if l.type.any (·.1 != type) then l.flush else l
  { l with names := l.names.push name, type := some (type, r) }

private def Lines.addLet (l : Lines) (name : Name) (type value : Rendered) : Lines :=
  { done := l.flush.done.push (letLine name type value) }

private def places (lctx : LocalContext) : Std.HashMap FVarId Nat :=
  lctx.foldl (init := {}) fun places d => places.insert d.fvarId places.size

private def tagText (tag : Name) : String :=
  if tag.isAnonymous then "" else toString tag.eraseMacroScopes

/-- Renders a goal. `numbering` numbers the metavariables. -/
private def ofGoal (cache : RenderCache) (levelParams : List Name) (goal : MVarId)
    (numbering : IO.Ref GoalHash.Numbering) : MetaM GoalView := do
  let decl ← goal.getDecl
  let original := decl.lctx
  let lctx := original.sanitizeNames.run' { options := ← getOptions }
  let hash : GoalHash.Context := {
    fvars := places original, levelParams, mctx := ← getMCtx, closed := cache.closed
    openTerms := ← IO.mkRef {}, numbering }
  withLCtx lctx decl.localInstances do
    let mut hyps := #[]
    let mut digest := Digest.ofUInt64 0
    let mut hasMVars := false
    let mut lines : Lines := {}
    for d in lctx.decls.toArray.filterMap id do
      if d.isImplementationDetail then continue
      let type ← instantiateMVars d.type
      let r ← render cache hash type
      hasMVars := hasMVars || type.hasExprMVar
      digest := digest.mix r.digest
      let name := d.userName.simpMacroScopes
      let accessible := !d.userName.hasMacroScopes &&
        (original.find? d.fvarId).any (·.userName == d.userName)
      let mut value : List (String × Json) := []
      if let some v := d.value? then
        let v ← instantiateMVars v
        let rv ← render cache hash v
        hasMVars := hasMVars || v.hasExprMVar
        digest := digest.mix (rv.digest.mix (.ofUInt64 1))
        value := [("value", .str rv.text)]
        lines := lines.addLet name r rv
      else
        lines := lines.addHyp name type r
      hyps := hyps.push <| Json.mkObj <| value ++ [
        ("name", Json.str (toString name)), ("type", .str r.text), ("prop", .bool r.prop),
        ("instance", .bool (decl.localInstances.any (·.fvar.fvarId! == d.fvarId))),
        ("accessible", .bool accessible)]
    let type ← instantiateMVars decl.type
    let target ← render cache hash type
    digest := digest.mix (target.digest.mix (.ofUInt64 2))
    let tag := tagText decl.userName
    let head := if tag.isEmpty then #[] else #["case " ++ tag]
    let shown := (head ++ lines.flush.done).push (targetLine (getGoalPrefix decl) target)
    let text := "\n".intercalate shown.toList
    let json := Json.mkObj [("text", text), ("tag", tag), ("target", target.text),
      ("hyps", .arr hyps), ("hash", digest.toHex)]
    return { goal, json, text, digest, hasMVars := hasMVars || type.hasExprMVar }

/-- Renders goals, each with a numbering of its own. -/
def ofGoals (p : ProofState) (goals : List MVarId) : MetaM (Array GoalView) :=
  goals.toArray.mapM fun goal => do ofGoal p.cache p.scope.levelNames goal (← IO.mkRef {})

/-- The digest of goals that belong together. Where they have metavariables, these are numbered
through all of them, the goals' own first, since what the goals share is part of what they say. -/
def stateDigest (p : ProofState) (views : Array GoalView) : MetaM Digest := do
  let alone := views.foldl (init := Digest.ofUInt64 3) fun d v => d.mix v.digest
  unless views.size > 1 && views.any (·.hasMVars) do return alone
  let mvars := views.foldl (init := {}) fun (m : Std.HashMap MVarId Nat) v => m.insert v.goal m.size
  let numbering ← IO.mkRef { mvars }
  views.foldlM (init := Digest.ofUInt64 4) fun d v =>
    return d.mix (← ofGoal p.cache p.scope.levelNames v.goal numbering).digest

/-- `p`, whose error messages show goals out of the cache, too: a message of a failed tactic often
shows the goal, and rendering it anew costs more than the tactic. -/
def withCachedMessages (p : ProofState) : ProofState :=
  let showGoal (ctx : PPContext) (goal : MVarId) : IO Format := do
    let shown : MetaM Format := do
      try return format (← ofGoal p.cache p.scope.levelNames goal (← IO.mkRef {})).text
      catch _ => Meta.ppGoal goal
    ctx.runMetaM shown
  let env := ppExt.modifyState p.core.env fun fns => { fns with ppGoal := showGoal }
  { p with core := { p.core with env } }

end GoalView

/-- Keeps `p` with the goals of `views` and returns the protocol's `State`. -/
def addStateJson (p : ProofState) (views : Array GoalView) (digest : Digest) : WorkerM Json := do
  let id ← WorkerM.addState { p with goals := (views.map (·.goal)).toList, digest }
  return Json.mkObj [("state", id), ("hash", digest.toHex), ("goals", .arr (views.map (·.json)))]

end Lakatos
