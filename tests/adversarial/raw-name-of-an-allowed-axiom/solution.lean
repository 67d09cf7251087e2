import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let n := Name.mkSimple "Classical.choice"
  add <| .axiomDecl { name := n, levelParams := [], type := mkConst ``False, isUnsafe := false }
  add <| .thmDecl { name := `target, levelParams := [], type := mkConst ``False, value := mkConst n }
