import Lean
open Lean
/-! `False` of another library has a constructor. -/
run_cmd do
  let mut env ← mkEmptyEnvironment
  let add (env : Environment) (d : Declaration) : Elab.Command.CommandElabM Environment := do
    match env.addDeclCore 0 d none (doCheck := true) with
    | .ok env => return env
    | .error _ => throwError "no"
  env ← add env <| .inductDecl [] 0 [{
    name := ``False, type := .sort 0, ctors := [{ name := `False.intro, type := mkConst ``False }] }] false
  env ← add env <| .thmDecl {
    name := `target, levelParams := [], type := mkConst ``False, value := mkConst `False.intro }
  setEnv env
