import Lean
open Lean
/-! A kernel before 4.33 does not see that `Sort (imax 1 0)` is `Prop`, and projects data out of its proofs. -/
inductive Claim : Prop | mk (b : Bool)
run_cmd do
  let addDecl (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let claim := mkConst ``Claim
  addDecl <| .defnDecl {
    name := `Round, levelParams := [], type := .sort (.imax 1 0), value := claim, hints := .abbrev, safety := .safe }
  let round := mkConst `Round
  let mk (b : Name) := mkApp (mkConst ``Claim.mk) (mkConst b)
  addDecl <| .defnDecl {
    name := `out, levelParams := [], hints := .abbrev, safety := .safe
    type := .forallE `x round (mkConst ``Bool) .default
    value := .lam `x round (.proj ``Claim 0 (.bvar 0)) .default }
  addDecl <| .thmDecl {
    name := `boom, levelParams := []
    type := mkApp3 (mkConst ``Eq [1]) (mkConst ``Bool) (mkApp (mkConst `out) (mk ``true)) (mkApp (mkConst `out) (mk ``false))
    value := mkAppN (mkConst ``congrArg [0, 1]) #[claim, mkConst ``Bool, mk ``true, mk ``false,
      mkConst `out, mkApp2 (mkConst ``Eq.refl [0]) claim (mk ``true)] }
theorem target : 2 + 2 = 5 := Bool.noConfusion (show true = false from boom)
