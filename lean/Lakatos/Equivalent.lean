import Lakatos.Start
import Lakatos.Assess.Tries

/-!
# The operation `equivalent`

Which of several statements say the same: two are put together where each is proved from the other, in
Lean, by short tries, and the kernel accepts both proofs, of which each needs the statement that it starts
from: two truths do not count as the same for being true. What is not proved equivalent may be so all the
same.
-/

namespace Lakatos

open Lean Meta Elab

namespace Equivalent

/-- How one statement may follow from another, `h`, by its use. -/
private def uses : TermElabM (Array Syntax) := do
  return #[← `(tactic| (intro h; exact h)),
    ← `(tactic| (intro h; intros; apply h <;> first | assumption | omega)),
    ← `(tactic| (intro h; intros; apply h <;> first | assumption | exact Eq.symm ‹_› | omega))]

/-- How it may follow by procedures, to which `h` is one fact among others. -/
private def procedures : TermElabM (Array Syntax) := do
  return #[← `(tactic| (intro h; intros; simp_all; done)),
    ← `(tactic| (intro h; intros; (try have h := h ‹_›); omega)),
    ← `(tactic| (intro h; intros; grind))]

/-- The same procedures without `h`. -/
private def alone : TermElabM (Array Syntax) := do
  return #[← `(tactic| (intros; simp_all; done)), ← `(tactic| (intros; omega)), ← `(tactic| (intros; grind))]

/-- Whether `q` follows from `p` by one of the tactics, in a proof that mentions `p`. -/
def followsBy? (p q : Expr) (ways : Array Syntax) (heartbeats : Nat) : TermElabM (Option String) := do
  let mentions (proof : Expr) : Bool := match proof.consumeMData with
    | .lam _ _ body _ => body.hasLooseBVar 0
    | _ => true
  Assess.provedBy? (← mkArrow p q) ways heartbeats mentions

/-- Whether `q` follows from `p`, and by which tactic. What the procedures prove without `p` is true, and
says no more than that. -/
def follows? (p q : Expr) (heartbeats : Nat) : TermElabM (Option String) := do
  if p == q then return some "rfl"
  if let some way ← followsBy? p q (← uses) heartbeats then return some way
  let some way ← followsBy? p q (← procedures) heartbeats | return none
  if (← Assess.provedBy? q (← alone) heartbeats).isSome then return none
  return some way

/-- Statements that are proved equivalent, by their places. -/
structure Class where
  /-- The first, with which the others were compared. -/
  first : Nat
  /-- Its type. -/
  type : Expr
  /-- The others, with the tactics of both directions. -/
  others : Array (Nat × String × String) := #[]

/-- Puts one more statement to the classes. -/
def place (classes : Array Class) (index : Nat) (type : Expr) (heartbeats : Nat) :
    TermElabM (Array Class) := do
  for h : i in [0:classes.size] do
    let c := classes[i]
    if let some there ← follows? c.type type heartbeats then
      if let some back ← follows? type c.type heartbeats then
        return classes.set! i { c with others := c.others.push (index, there, back) }
  return classes.push { first := index, type }

private def Class.json (c : Class) : Json :=
  Json.mkObj [("first", c.first), ("others", .arr (c.others.map fun (i, there, back) =>
    Json.mkObj [("index", i), ("forward", there), ("backward", back)]))]

end Equivalent

/-- The operation `equivalent`. -/
def handleEquivalent : Handler := fun request => do
  let env ← WorkerM.envOf request
  let statements ← Request.field (Array String) request "statements"
  let heartbeats := (← Request.field? Nat request "heartbeats").getD 20000
  let mut classes : Array Equivalent.Class := #[]
  let mut unread := #[]
  for h : i in [0:statements.size] do
    try
      let s ← Start.elaborate env statements[i]
      let p := { s.proof with goals := [], metaState := {} }
      let type := s.info.type.instantiateLevelParams s.info.levelParams
        (s.info.levelParams.map fun _ => .zero)
      let (placed, _) ← WorkerM.runIn p (withLCtx {} {} (Equivalent.place classes i type heartbeats))
      classes := placed
    catch failure =>
      if failure.kind == .deadline then throw failure
      unread := unread.push i
  return Json.mkObj [("classes", .arr (classes.map (·.json))), ("unread", toJson unread)]

end Lakatos
