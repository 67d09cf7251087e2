import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let n := mkRawNatLit (10 ^ 20001)
  add <| .thmDecl {
    name := `target, levelParams := [], type := mkApp3 (mkConst ``Eq [1]) (mkConst ``Nat) n n
    value := mkApp2 (mkConst ``Eq.refl [1]) (mkConst ``Nat) n }
