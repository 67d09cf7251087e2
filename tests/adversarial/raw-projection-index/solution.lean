import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let pair := mkApp4 (mkConst ``And.intro) (mkConst ``True) (mkConst ``True) (mkConst ``trivial) (mkConst ``trivial)
  add <| .thmDecl { name := `target, levelParams := [], type := mkConst ``False, value := .proj ``And 4294967296 pair }
