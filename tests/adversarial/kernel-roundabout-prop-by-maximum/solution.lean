import Lean
open Lean
/-! As `kernel-roundabout-prop`, with two universe parameters that are zero where they are used. -/
inductive Claim : Prop | mk (b : Bool)
run_cmd do
  let addDecl (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let claim := mkConst ``Claim
  let l := Level.max (.param `u) (.param `v)
  addDecl <| .defnDecl {
    name := `Wrap, levelParams := [`u, `v], hints := .abbrev, safety := .safe
    type := .forallE `α (.sort l) (.sort l) .default
    value := .lam `α (.sort l) (.bvar 0) .default }
  let round := mkApp (mkConst `Wrap [0, 0]) claim
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
