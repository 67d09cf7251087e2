import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let bool := mkConst ``Bool
  let p := .lam `b bool (mkConst ``True) .default
  let made (b : Name) := mkApp4 (mkConst ``Exists.intro [1]) bool p (mkConst b) (mkConst ``trivial)
  add <| .thmDecl {
    name := `boom, levelParams := []
    type := mkApp3 (mkConst ``Eq [1]) bool (mkConst ``true) (mkConst ``false)
    value := mkAppN (mkConst ``congrArg [0, 1]) #[mkApp2 (mkConst ``Exists [1]) bool p, bool, made ``true,
      made ``false, .lam `e (mkApp2 (mkConst ``Exists [1]) bool p) (.proj ``Exists 0 (.bvar 0)) .default,
      mkApp2 (mkConst ``Eq.refl [0]) (mkApp2 (mkConst ``Exists [1]) bool p) (made ``true)] }
theorem target : 2 + 2 = 5 := Bool.noConfusion boom
