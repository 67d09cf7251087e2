import Lean
open Lean
/-! A constructor that names what kernels before 4.33 make up for a nested occurrence. -/
structure Box (α : Type) where
  get : α
run_cmd do
  let nest := mkConst `Nest
  let type := .forallE `x (mkApp (mkConst ``Box) nest) (.forallE `y (mkConst `_nested.Box_1) nest .default) .default
  let ctor := { name := `Nest.mk, type : Constructor }
  let d := .inductDecl [] 0 [{ name := `Nest, type := .sort 1, ctors := [ctor] }] false
  match (← getEnv).addDeclCore 0 d none (doCheck := true) with
  | .ok env => setEnv env
  | .error e => throwError "{e.toMessageData {}}"
run_cmd do
  let all := .forallE `n (mkConst `Nest) (mkConst ``True) .default
  let made := .lam `n (mkConst `Nest) (mkConst ``trivial) .default
  let d := .thmDecl {
    name := `target, levelParams := [], type := mkConst ``True
    value := .app (.lam `f all (mkConst ``trivial) .default) made }
  match (← getEnv).addDeclCore 0 d none (doCheck := false) with
  | .ok env => setEnv env
  | .error _ => throwError "no"
