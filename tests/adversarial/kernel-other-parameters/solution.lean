import Lean
open Lean
/-! A type that occurs in its own constructor with another parameter, which no elaborator lets through. -/
run_cmd Elab.Command.liftCoreM do
  let list (e : Expr) := mkApp (mkConst ``List [0]) e
  let grow (e : Expr) := mkApp (mkConst `Grow) e
  let type := .forallE `α (.sort 1) (.forallE `x (list (grow (list (.bvar 0)))) (grow (.bvar 1)) .default) .default
  let ctor := { name := `Grow.mk, type : Constructor }
  addDecl <| .inductDecl [] 1 [{ name := `Grow, type := .forallE `α (.sort 1) (.sort 1) .default, ctors := [ctor] }] false
theorem grown : ∀ _ : Grow Nat, True := fun _ => trivial
theorem target : True := by
  exact (And.intro grown trivial).2
