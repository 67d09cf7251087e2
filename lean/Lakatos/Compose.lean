import Lakatos.Mutate

/-!
# The operation `compose`

New theorems from two of the library's, so that each says something that neither says alone. What is made
goes through the gates of `mutate`; the kernel's process has the last word.
-/

namespace Lakatos

open Lean Meta Elab

namespace Compose

open Mutate

/-- The second theorem with some of its arguments filled, under the variables of the first. -/
private structure Filled where
  /-- Its arguments: metavariables, of which some are assigned. -/
  arguments : Array Expr
  /-- How its theorem binds them. -/
  infos : Array BinderInfo
  /-- Its conclusion. -/
  body : Expr

private def opened (b : Target) : MetaM Filled := do
  let levels ← mkFreshLevelMVars b.levels.length
  let (arguments, infos, body) ← forallMetaTelescope (b.type.instantiateLevelParams b.levels levels)
  return { arguments, infos, body }

/-- The binders after the first `skip`, bound in these ways. -/
private def bound : Expr → Nat → List BinderInfo → Expr
  | .forallE n t b info, skip + 1, infos => .forallE n t (bound b skip infos) info
  | .forallE n t b _, 0, info :: infos => .forallE n t (bound b 0 infos) info
  | e, _, _ => e

/-- What is made: the first theorem's variables, then what is left of the second's, then the conclusion.
`prove` gives scripts from texts: the first theorem's use, and the second's. -/
private def close (rule position : String) (a b : Target) (xs : Array Expr) (f : Filled)
    (conclusion : Expr) (given : Array (Nat × Option Expr)) (prove : String → String → Array (Array String)) :
    MetaM (Option Draft) := do
  for m in f.arguments do
    let t ← inferType m
    if !(← m.mvarId!.isAssigned) then
      if let some _ ← isClass? (← instantiateMVars t) then
        let some found ← (try synthInstance? (← instantiateMVars t) catch _ => pure none) | return none
        unless ← isDefEq m found do return none
  let rest ← f.arguments.filterM fun m => return !(← m.mvarId!.isAssigned)
  let infos := rest.map fun m => ((f.arguments.idxOf? m).bind (f.infos[·]?)).getD .default
  let type ← instantiateMVars (← mkForallFVars (xs ++ rest) (← instantiateMVars conclusion))
  let type := bound type xs.size infos.toList
  -- Universes of the second that nothing decides are the new theorem's own.
  for level in (collectLevelMVars {} type).result, i in [1:100] do
    assignLevelMVar level (mkLevelParam (Name.mkSimple s!"w_{i}"))
  let type ← instantiateMVars type
  if type.hasMVar then return none
  let (type, _) ← renamed type
  let names ← forallTelescope type fun ys _ => ys.mapM fun y => return toString (← y.fvarId!.getUserName)
  let (own, left) := (names.extract 0 xs.size, names.extract xs.size names.size)
  -- Terms over the first theorem's variables, in the new names.
  let shown (e : Expr) : MetaM String := do
    let e := (← instantiateMVars e).abstract xs
    forallTelescope type fun ys _ => withFullNames (text (e.instantiateRev (ys.extract 0 xs.size)))
  let useA ← a.use own
  let mut texts := #[]
  let mut next := 0
  for h : i in [0:f.arguments.size] do
    let m := f.arguments[i]
    match given.find? (·.1 == i) with
    | some (_, some e) => texts := texts.push s!"({← shown e})"
    | some (_, none) => texts := texts.push s!"({useA})"
    | none =>
      if rest.contains m then
        texts := texts.push (left[next]?.getD "_")
        next := next + 1
      else texts := texts.push "_"
  let useB ← b.use texts
  return some { rule, position, premises := #[b.name], type, scripts := prove useA useB }

/-- Drafts that are made of a pair by each rule, at most. -/
private def kept : Nat := 4

/-- Data among the second theorem's explicit arguments. -/
private def places (b : Target) (proofs : Bool) : MetaM (Array (Nat × String)) :=
  forallTelescope b.type fun ys _ => do
    let mut found := #[]
    for h : i in [0:ys.size] do
      let d ← ys[i].fvarId!.getDecl
      if d.binderInfo.isInstImplicit || d.type.isSort then continue
      if (← isProp d.type) == proofs then found := found.push (i, toString d.userName)
    return found

private def tryout (x : MetaM (Option α)) : MetaM (Option α) := do
  let saved ← saveState
  let found ← try x catch _ => pure none
  saved.restore
  return found

/-- The first theorem proves what the second supposes. -/
def chain (a b : Target) : MetaM (Array Draft) := do
  let mut drafts := #[]
  for (i, name) in ← places b true do
    if drafts.size ≥ kept then break
    let made ← tryout <| forallTelescope a.type fun xs conclusion => do
      let f ← opened b
      let m := f.arguments[i]!
      unless ← isDefEq (← inferType m) conclusion do return none
      m.mvarId!.assign (← mkFreshExprMVar conclusion)
      -- The argument itself is told by its text alone.
      close "chain" name a b xs f f.body #[(i, none)] fun _ useB => #[#[s!"exact {useB}"]]
    if let some draft := made then drafts := drafts.push draft
  return drafts

/-- The second theorem, of a term that the first speaks of, on one side rewritten by it. -/
def substitute (a b : Target) : MetaM (Array Draft) := do
  let mut drafts := #[]
  for (i, name) in ← places b false do
    if drafts.size ≥ kept then break
    let made ← tryout <| forallTelescope a.type fun xs conclusion => do
      let some (type, l, r) := conclusion.eq? | return none
      if l.isFVar || r.isFVar then return none
      let f ← opened b
      let m := f.arguments[i]!
      unless ← isDefEq (← inferType m) type do return none
      unless ← isDefEq m l do return none
      let body ← instantiateMVars f.body
      unless body.isApp && body.appFn!.isApp && !body.isForall do return none
      let (left, right) := (body.appFn!.appArg!, body.appArg!)
      let rewritten (e : Expr) : MetaM Expr := return (← kabstract e l).instantiate1 r
      let right' ← rewritten right
      let body ← if right' != right then pure (mkApp2 body.appFn!.appFn! left right')
        else
          let left' ← rewritten left
          if left' == left then return none
          pure (mkApp2 body.appFn!.appFn! left' right)
      close "substitute" name a b xs f body #[(i, some l)] fun useA useB =>
        #[#[s!"have key := {useB}", s!"rw [← {useA}]", "exact key"],
          #[s!"have key := {useB}", s!"simpa [{useA}] using key"],
          #[s!"have key := {useB}", s!"have step := {useA}", "grind"]]
    if let some draft := made then drafts := drafts.push draft
  return drafts

/-- Both at once, of one and the same thing. -/
def join (a b : Target) : MetaM (Array Draft) := do
  let mut drafts := #[]
  for (i, name) in ← places b false do
    if drafts.size ≥ kept then break
    let made ← tryout <| forallTelescope a.type fun xs conclusion => do
      let mut shared? := none
      for x in xs do
        let d ← x.fvarId!.getDecl
        if d.binderInfo.isInstImplicit || d.type.isSort || (← isProp d.type) then continue
        let f ← opened b
        let m := f.arguments[i]!
        if (← isDefEq (← inferType m) d.type) && (← isDefEq m x) then
          shared? := some (f, x)
          break
      let some (f, x) := shared? | return none
      let other ← instantiateMVars f.body
      close "join" name a b xs f (mkAnd conclusion other) #[(i, some x)] fun useA useB =>
        #[#[s!"exact ⟨{useA}, {useB}⟩"]]
    if let some draft := made then drafts := drafts.push draft
  return drafts

/-- The rules, by name. -/
def rules : List (String × (Target → Target → MetaM (Array Draft))) :=
  [("chain", chain), ("substitute", substitute), ("join", join)]

end Compose

/-- The operation `compose`. -/
def handleCompose : Handler := fun request => do
  let env ← WorkerM.envOf request
  let first ← Request.field String request "first"
  let second ← Request.field String request "second"
  let limit := (← Request.field? Nat request "limit").getD 4
  let seed := (← Request.field? Nat request "seed").getD 0
  let p ← ProofState.ofCommandState env.state
  let action : TermElabM (Except String (Array Json × Array (String × String))) := do
    let some a ← Mutate.Target.of? first.toName | return .error first
    let some b ← Mutate.Target.of? second.toName | return .error second
    let mut drafts : Array Mutate.Draft := #[]
    for (_, rule) in Compose.rules do
      drafts := drafts ++ ((← Assess.within 100000 (rule a b : MetaM _)).getD #[])
    return .ok (← Mutate.judged a.type drafts limit seed limit)
  let (answer, _) ← WorkerM.runIn p (withLCtx {} {} (withOptions (maxHeartbeats.set · 0) action))
  match answer with
  | .error name => throw { kind := .badRequest, message := s!"there is no theorem `{name}` in the environment" }
  | .ok (candidates, refused) =>
    return Json.mkObj [("candidates", .arr candidates),
      ("refused", .arr (refused.map fun (stage, reason) =>
        Json.mkObj [("stage", stage), ("reason", reason)]))]

end Lakatos
