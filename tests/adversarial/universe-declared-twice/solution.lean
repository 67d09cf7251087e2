import Lean
open Lean
run_cmd do
  let sort := Expr.sort (.succ (.param `u))
  let eq (i : Nat) := mkApp3 (mkConst ``Eq [.succ (.succ (.param `u))]) sort (.bvar i) (.bvar i)
  let refl (i : Nat) := mkApp2 (mkConst ``Eq.refl [.succ (.succ (.param `u))]) sort (.bvar i)
  let type := .forallE `α sort (.forallE `β sort (.forallE `h (eq 1) (eq 1) .default) .default) .default
  let value := .lam `α sort (.lam `β sort (.lam `h (eq 1) (refl 1) .default) .default) .default
  let d := .thmDecl { name := `target, levelParams := [`u, `u], type, value }
  match (← getEnv).addDeclCore 0 d none (doCheck := false) with
  | .ok env => setEnv env
  | .error _ => throwError "no"
