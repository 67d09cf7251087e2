import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  add <| .defnDecl {
    name := `Claim, levelParams := [], type := .sort 0, value := mkConst ``False
    hints := .regular 4294967295, safety := .safe }
  add <| .thmDecl { name := `target, levelParams := [], type := mkConst `Claim, value := mkConst ``trivial }
