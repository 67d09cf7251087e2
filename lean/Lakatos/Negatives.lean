import Lakatos.Start
import Lakatos.Assess.Instances
import Lakatos.Negatives.Scripts
import Lakatos.Negatives.Wrong

/-!
# The operation `negatives`

Wrong versions of a theorem with its proof. A wrong statement is answered only with a proof of its
negation, by an instance, that Lean accepts here; a wrong proof only where Lean rejects it here, and not
for a name that it does not know. Both are judged again by whoever keeps them.
-/

namespace Lakatos

open Lean Meta Elab

namespace Negatives

/-- The protocol's `Negative`. -/
private structure Negative where
  kind : String
  error : String
  signature : String
  evidenceSignature : String
  evidenceScript : String

private def Negative.json (n : Negative) : Json :=
  Json.mkObj [("kind", n.kind), ("error", n.error), ("signature", n.signature),
    ("evidence_signature", n.evidenceSignature), ("evidence_script", n.evidenceScript)]

/-- The name of what is elaborated here. -/
private def trialName : String := "_lakatos_negative"

private def theoremText (signature script : String) : String :=
  s!"theorem {trialName} {signature} := by\n"
    ++ "\n".intercalate ((script.splitOn "\n").map ("  " ++ ·))

/-- A closed proposition as text that can be read back, on one line. -/
private def propositionText (type : Expr) : MetaM String := do
  let options (o : Options) := ((o.setBool `pp.proofs true).setBool `pp.deepTerms true).setNat `pp.maxSteps 100000
  withOptions options do return (← ppExpr type).pretty (width := 1000000)

/-- The statement at universe 0. -/
private def monomorphic (info : ConstantInfo) : Expr :=
  info.type.instantiateLevelParams info.levelParams (info.levelParams.map fun _ => .zero)

/-- What closes a decidable instance. -/
private def decides : String := "(by first | decide | simp | omega)"

/-- Instantiates leading types by `Nat`, and instances by what is found for them; the arguments that say
so, and the variables and hypotheses that are left. -/
private partial def counterexample? (type : Expr) (arguments : Array String := #[])
    (variables hypotheses : Array Expr := #[]) : MetaM (Option String) := do
  match type.consumeMData with
  | .forallE name t body info =>
    if t matches .sort (.succ _) then
      return ← counterexample? (body.instantiate1 (mkConst ``Nat)) (arguments.push "Nat") variables hypotheses
    if info.isInstImplicit then
      let some found ← (try synthInstance? t catch _ => pure none) | return none
      return ← counterexample? (body.instantiate1 found) (arguments.push "inferInstance") variables hypotheses
    withLocalDecl name info t fun x => do
      if ← isProp t then
        counterexample? (body.instantiate1 x) (arguments.push decides) variables (hypotheses.push t)
      else
        counterexample? (body.instantiate1 x) (arguments.push "") (variables.push x) hypotheses
  | conclusion =>
    let found ← Assess.smallInstances variables hypotheses conclusion
    let some values := found.counterexample? | return none
    let mut rest := values.toList
    let mut given := #[]
    for argument in arguments do
      match argument, rest with
      | "", (_, value) :: more =>
        given := given.push s!"({value})"
        rest := more
      | _, _ => given := given.push argument
    return some s!"intro h\nexact absurd (@h {" ".intercalate given.toList}) {decides}"

private def accepted (env : OpenEnv) (text : String) : WorkerM (Bool × Bool) := do
  let r ← WorkerM.elabText env text
  WorkerM.refuseInterrupted r
  let unknown := r.messages.any fun m => Compat.isUnknownIdentifier m.data
  return (!hasErrors r.messages && !r.messages.any (·.data.hasTag (· == `hasSorry)), unknown)

/-- Whether the text says the proposition. -/
private def says (env : OpenEnv) (signature : String) (type : Expr) : WorkerM Bool := do
  try
    let s ← Start.elaborate env s!"theorem {trialName} {signature}"
    let (same, _) ← WorkerM.runIn { s.proof with goals := [], metaState := {} } <| withLCtx {} {} do
      withNewMCtxDepth <| isDefEq (monomorphic s.info) type
    return same
  catch failure =>
    if failure.kind == .deadline then throw failure
    return false

/-- `xs` in an order that the seed decides. -/
private def shuffled (seed : Nat) (xs : Array α) (key : α → String) : Array α :=
  let keyed := xs.map fun x => (mixHash (hash seed) (hash (key x)), x)
  (keyed.qsort fun a b => a.1 < b.1).map (·.2)

/-- At most so many errors of each kind are tried. -/
private def maxTried : Nat := 12

private def statements (env : OpenEnv) (s : Start.Statement) (seed limit : Nat) :
    WorkerM (Array Negative) := do
  let p := { s.proof with goals := [], metaState := {} }
  let inMeta {α} (x : MetaM α) : WorkerM α := do
    return (← WorkerM.runIn p (withLCtx {} {} (x : MetaM α))).1
  let mut made := #[]
  let wrong ← inMeta do
    (← wrongs (monomorphic s.info)).mapM fun w => return (w, ← propositionText w.type)
  for (w, text) in (shuffled seed wrong fun (w, text) => w.error ++ text).toSubarray 0 maxTried do
    if made.size ≥ limit then break
    if made.any fun (n : Negative) => n.error == w.error || n.signature == s!": {text}" then continue
    let script? ← try inMeta (counterexample? w.type) catch failure =>
      if failure.kind == .deadline then throw failure else pure none
    let some script := script? | continue
    let evidence := s!": ¬ ({text})"
    unless ← says env s!": {text}" w.type do continue
    unless (← accepted env (theoremText evidence script)).1 do continue
    made := made.push {
      kind := "statement", error := w.error, signature := s!": {text}"
      evidenceSignature := evidence, evidenceScript := script }
  return made

private def proofs (env : OpenEnv) (signature script : String) (seed limit : Nat) :
    WorkerM (Array Negative) := do
  let wrong := wrongScripts env.state.env script
  let mut made := #[]
  for (error, text) in (shuffled seed wrong fun (e, t) => e ++ t).toSubarray 0 maxTried do
    if made.size ≥ limit then break
    if text == script || made.any fun (n : Negative) => n.error == error || n.evidenceScript == text then continue
    let (fine, unknown) ← accepted env (theoremText signature text)
    if fine || unknown then continue
    made := made.push {
      kind := "proof", error, signature, evidenceSignature := signature, evidenceScript := text }
  return made

end Negatives

/-- The operation `negatives`. -/
def handleNegatives : Handler := fun request => do
  let env ← WorkerM.envOf request
  let signature ← Request.field String request "signature"
  let script ← Request.field String request "script"
  let seed := (← Request.field? Nat request "seed").getD 0
  let limit := (← Request.field? Nat request "limit").getD 2
  let s ← Start.elaborate env s!"theorem {Negatives.trialName} {signature}"
  unless (← Negatives.accepted env (Negatives.theoremText signature script)).1 do
    throw { kind := .elaboration, message := "Lean does not accept the proof that is to be made wrong" }
  let found := (← Negatives.statements env s seed limit) ++ (← Negatives.proofs env signature script seed limit)
  return Json.mkObj [("negatives", .arr (found.map (·.json)))]

end Lakatos
