import Lean
open Lean
/-! A name that kernels keep for what they make up for a nested occurrence. -/
run_cmd Elab.Command.liftCoreM do
  addDecl <| .defnDecl {
    name := `_nested.Box_1, levelParams := [], type := .sort 1, value := mkConst ``Nat
    hints := .abbrev, safety := .safe }
  let all := .forallE `n (mkConst `_nested.Box_1) (mkConst ``True) .default
  let made := .lam `n (mkConst `_nested.Box_1) (mkConst ``trivial) .default
  addDecl <| .thmDecl {
    name := `target, levelParams := [], type := mkConst ``True
    value := .app (.lam `f all (mkConst ``trivial) .default) made }
