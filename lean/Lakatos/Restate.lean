import Lakatos.Equivalent
import Lakatos.Mutate.Draft

/-!
# The operation `restate`

A statement in other forms that say the same: variables renamed, hypotheses in another order, a
hypothesis added that has no bearing, relations turned round. Each is made on the expression, printed,
read back, and proved equivalent to the original in both directions; what is not is left out.
-/

namespace Lakatos

open Lean Meta Elab

namespace Restate

/-- A statement in another form, with the terms that prove it from the original `h` and back, both for the
variables `v0`, `v1`, … of what they prove. -/
structure Made where
  /-- The closed type. -/
  type : Expr
  /-- Proves the new form. -/
  forward : String
  /-- Proves the original. -/
  backward : String

/-- Makes a form; nothing where it would not differ. -/
abbrev Form := Expr → Nat → MetaM (Option Made)

/-- `v3`. -/
private def v (i : Nat) : String := s!"v{i}"

/-- `intro h v0 v1; exact TERM`. -/
private def script (variables : Nat) (term : String) : String :=
  let names := (List.range variables).map v
  s!"(intro {" ".intercalate ("h" :: names)}; exact {term})"

/-- `@h ARGUMENTS`. -/
private def use (arguments : Array String) : String :=
  if arguments.isEmpty then "h" else s!"@h {" ".intercalate arguments.toList}"

/-- A number below `n` that the seed and a purpose decide. -/
private def pick (seed : Nat) (purpose : String) (n : Nat) : Nat :=
  (mixHash (hash seed) (hash purpose)).toNat % n

/-- Names that a mathematician would give, by what is named. -/
private def pool (type : Expr) (proposition : Bool) : List String :=
  if proposition then ["h₁", "h₂", "h₃", "h₄", "h₅", "h₆"]
  else if type.isConstOf ``Nat then ["k", "m", "n", "r", "s", "t", "p", "q"]
  else if type.isConstOf ``Int then ["x", "y", "z", "u", "v", "w", "d", "e"]
  else if type.isForall then ["f", "g", "F", "G"]
  else if type.isAppOf ``List then ["as", "bs", "cs", "ds"]
  else if type.isProp then ["P", "Q", "R", "S"]
  else ["u", "v", "w", "a'", "b'", "c'"]

/-- Every variable has another name. -/
def renamed : Form := fun type seed => forallTelescope type fun xs body => do
  let mut lctx ← getLCtx
  let old ← xs.mapM fun x => return (← x.fvarId!.getUserName)
  let mut used : Array Name := old
  let mut changed := false
  for x in xs do
    let d ← x.fvarId!.getDecl
    if d.binderInfo.isInstImplicit || d.type.isSort && !d.type.isProp then continue
    let names := (pool d.type (← isProp d.type)).toArray
    let from' := pick seed (toString d.userName) names.size
    let rotated := names.extract from' names.size ++ names.extract 0 from'
    if let some name := rotated.find? fun n => !used.contains n.toName then
      used := used.push name.toName
      lctx := lctx.setUserName x.fvarId! name.toName
      changed := true
  unless changed do return none
  let same := script xs.size (use ((Array.range xs.size).map v))
  withLCtx lctx (← getLocalInstances) do
    return some { type := ← mkForallFVars xs body, forward := same, backward := same }

/-- Hypotheses that stand beside each other, without need of one another, change places: all in the
opposite order, as far as what they speak of comes before them. -/
def reordered : Form := fun type _ => forallTelescope type fun xs body => do
  let mut variables := #[]
  let mut hypotheses := #[]
  for x in xs do
    if ← isProp (← inferType x) then hypotheses := hypotheses.push x else variables := variables.push x
  if hypotheses.size < 2 then return none
  -- A variable's type may speak of a hypothesis; such a statement keeps its order.
  for v in variables do
    let t ← inferType v
    if hypotheses.any fun h => t.containsFVar h.fvarId! then return none
  for h in hypotheses do
    let t ← inferType h
    if hypotheses.any fun g => t.containsFVar g.fvarId! then return none
  let order := variables ++ hypotheses.reverse
  -- Where each of one order stands in the other.
  let places (own other : Array Expr) : Array String := own.map fun x => v ((other.idxOf? x).getD 0)
  return some {
    type := ← mkForallFVars order body
    forward := script xs.size (use (places xs order))
    backward := script xs.size (use (places order xs)) }

/-- A condition on a new variable, which some value satisfies: type, condition, value. -/
private def conditions (seed : Nat) : List (String × Expr × (Expr → MetaM Expr) × Expr) :=
  let c := 2 + pick seed "number" 7
  let nat := mkConst ``Nat
  let int := mkConst ``Int
  [("j", nat, fun x => mkAppM ``LT.lt #[mkNatLit c, x], mkNatLit (c + 1)),
   ("i", int, fun x => mkAppM ``LE.le #[x, mkIntLit (-(Int.ofNat c))], mkIntLit (-(Int.ofNat c))),
   ("b", mkConst ``Bool, fun x => mkEq x (mkConst ``Bool.true), mkConst ``Bool.true),
   ("j", nat, fun x => mkEq x (mkNatLit c), mkNatLit c)]

/-- A variable and a hypothesis about it that have nothing to do with the rest. -/
def irrelevant : Form := fun type seed => forallTelescope type fun xs body => do
  let all := conditions seed
  let some (name, type, condition, value) := all[pick seed "condition" all.length]? | return none
  let used ← xs.mapM fun x => return toString (← x.fvarId!.getUserName)
  let fresh (base : String) := ([base, base ++ "'", base ++ "₀", base ++ "₁"].find? (!used.contains ·)).getD "aux"
  withLocalDeclD (fresh name).toName type fun x => do
    withLocalDeclD (fresh ("h" ++ name)).toName (← condition x) fun h => do
      -- After the variables, before the hypotheses: where an author would put it.
      let mut (before, after) := (#[], #[])
      for y in xs do
        if after.isEmpty && !(← isProp (← inferType y)) then before := before.push y else after := after.push y
      let (n, all) := (before.size, xs.size)
      let some own := (before ++ after).mapM fun y => xs.idxOf? y | return none
      -- In the new form the variables after the two new ones stand two places further.
      let there := (Array.range all).map fun i =>
        let at' := (own.idxOf? i).getD 0
        v (if at' < n then at' else at' + 2)
      let back := own.map v
      let value := s!"({(← ppExpr value).pretty})"
      return some {
        type := ← mkForallFVars (before ++ #[x, h] ++ after) body
        forward := script (all + 2) (use there)
        backward := script all (use (back.extract 0 n ++ #[value, "(by decide)"] ++ back.extract n all)) }

/-- The same with its sides exchanged, and what makes a proof of one a proof of the other. -/
private def turn (e : Expr) : MetaM (Option (Expr × String)) := do
  let e := e.consumeMData
  match e.getAppFnArgs with
  | (``Eq, #[_, a, b]) => return some (← mkEq b a, "Eq.symm")
  | (``Ne, #[_, a, b]) => return some (← mkAppM ``Ne #[b, a], "Ne.symm")
  | (``LT.lt, #[_, _, a, b]) => return some (← mkAppM ``GT.gt #[b, a], "id")
  | (``LE.le, #[_, _, a, b]) => return some (← mkAppM ``GE.ge #[b, a], "id")
  | (``GT.gt, #[_, _, a, b]) => return some (← mkAppM ``LT.lt #[b, a], "id")
  | (``GE.ge, #[_, _, a, b]) => return some (← mkAppM ``LE.le #[b, a], "id")
  | (``And, #[a, b]) => return some (mkAnd b a, "And.symm")
  | (``Or, #[a, b]) => return some (mkOr b a, "Or.symm")
  | (``Iff, #[a, b]) => return some (← mkAppM ``Iff #[b, a], "Iff.symm")
  | _ => return none

/-- The relations of the outer hypotheses and of the conclusion turned round, with what each took. -/
private partial def turnAll (e : Expr) : MetaM (Expr × Array (Option String) × Option String) := do
  match e.consumeMData with
  | .forallE n t b info =>
    let new? ← if ← isProp t then turn t else pure none
    withLocalDecl n info ((new?.map (·.1)).getD t) fun x => do
      let (b, hypotheses, conclusion) ← turnAll (b.instantiate1 x)
      return (← mkForallFVars #[x] b, #[new?.map (·.2)] ++ hypotheses, conclusion)
  | body =>
    match ← turn body with
    | some (new, way) => return (new, #[], some way)
    | none => return (body, #[], none)

/-- The hypotheses' and the conclusion's relations turned round. -/
def turned : Form := fun type _ => do
  let (new, hypotheses, conclusion) ← turnAll type
  if conclusion.isNone && hypotheses.all (·.isNone) then return none
  -- Where something later mentions a hypothesis that was turned, the rest is ill-typed.
  unless ← isTypeCorrect new do return none
  let arguments := hypotheses.mapIdx fun i way? => match way? with
    | some way => s!"({way} {v i})"
    | none => v i
  let term := match conclusion with
    | some way => s!"{way} ({use arguments})"
    | none => use arguments
  let both := script hypotheses.size term
  return some { type := new, forward := both, backward := both }

/-- The kinds, in the order in which they are told. -/
def forms : List (String × Form) :=
  [("renamed", renamed), ("reordered", reordered), ("irrelevant", irrelevant), ("turned", turned)]

/-- The tactic that proves `q` from `p`: the one that is known to, else one that is found. -/
private def follows? (p q : Expr) (known : String) (heartbeats : Nat) : TermElabM (Option String) := do
  if let .ok tactic := Parser.runParserCategory (← getEnv) `tactic known then
    if let some _ ← Equivalent.followsBy? p q #[tactic] heartbeats then return some known
  Equivalent.follows? p q heartbeats

/-- Whether each follows from the other, and by which tactics. -/
def bothWays? (made : Made) (heartbeats : Nat) (p q : Expr) : TermElabM (Option (String × String)) := do
  let some there ← follows? p q made.forward heartbeats | return none
  let some back ← follows? q p made.backward heartbeats | return none
  return some (there, back)

end Restate

/-- The operation `restate`. -/
def handleRestate : Handler := fun request => do
  let env ← WorkerM.envOf request
  let statements ← Request.field (Array String) request "statements"
  let seed := (← Request.field? Nat request "seed").getD 0
  let heartbeats := (← Request.field? Nat request "heartbeats").getD 20000
  let mut answers := #[]
  for statement in statements do
    answers := answers.push (← attempt do
      let s ← Start.elaborate env statement
      let scope := { s.proof.scope with levelNames := s.info.levelParams }
      let p := { s.proof with scope, goals := [], metaState := {} }
      let ground (info : ConstantInfo) : Expr :=
        info.type.instantiateLevelParams info.levelParams (info.levelParams.map fun _ => .zero)
      let mut forms := #[]
      for (kind, form) in Restate.forms do
        let made ← WorkerM.runIn p <| withLCtx {} {} do
          -- Under names that can be written.
          let some made ← form (← Mutate.renamed s.info.type).1 seed | return none
          return some (made, ← Mutate.signatureText made.type,
            ← withOptions (·.setBool `pp.numericTypes true) (Mutate.signatureText made.type))
        let some (form, plain, typed) := made.1 | continue
        -- Numerals that nothing else gives a type need one in the text.
        for signature in if plain == typed then [plain] else [plain, typed] do
          if Mutate.unreadable signature then continue
          let text := s!"theorem {s.name.components.getLast!} {signature}"
          -- What Lean reads back must be what was meant, and say the same as the original.
          let read? ← try some <$> Start.elaborate env text catch failure =>
            if failure.kind == .deadline then throw failure
            pure none
          let some read := read? | continue
          let (ways?, _) ← WorkerM.runIn p <| withLCtx {} {} do
            let level := form.type.instantiateLevelParams s.info.levelParams (s.info.levelParams.map fun _ => .zero)
            let meant ← Assess.within 20000 (isDefEq (ground read.info) level)
            unless meant == some true do return none
            Restate.bothWays? form heartbeats (ground s.info) (ground read.info)
          let some (there, back) := ways? | continue
          forms := forms.push <| Json.mkObj [("kind", kind), ("statement", text), ("forward", there), ("backward", back)]
          break
      return Json.mkObj [("forms", .arr forms)])
  return Json.mkObj [("restatements", .arr answers)]
where
  attempt (made : WorkerM Json) : WorkerM Json := do
    if ← WorkerM.deadlinePassed then
      return Json.mkObj [("error", Failure.toJson
        { kind := .deadline, message := "the deadline passed before this one's turn" })]
    try made catch failure => return Json.mkObj [("error", failure.toJson)]

end Lakatos
