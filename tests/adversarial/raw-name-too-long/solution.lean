import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let n := (List.range 300).foldl (fun n i => Name.num n i) `deep
  add <| .thmDecl { name := n, levelParams := [], type := mkConst ``True, value := mkConst ``trivial }
  add <| .thmDecl { name := `target, levelParams := [], type := mkConst ``False, value := mkConst n }
