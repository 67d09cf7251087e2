import Lean
open Lean
/-! Kernels before 4.32.2 do not look at the argument of a phantom parameter in a nested occurrence:
here projections of `Data` out of proofs, by which `true` and `false` come to be the same. -/
inductive Claim : Prop | mk (b : Bool)
structure Data where
  b : Bool
inductive Tag (α : Type) (b : Bool) : Type | mk
theorem yes : Claim := .mk true
theorem no : Claim := .mk false
run_cmd Elab.Command.liftCoreM do
  let nest := mkConst `Nest
  let tag (p : Name) := mkApp2 (mkConst ``Tag) nest (.proj ``Data 0 (mkConst p))
  let redex := .app (.lam `α (.sort 1) (.bvar 0) .default) (tag ``no)
  let type := .forallE `y (tag ``yes) (.forallE `n redex nest .default) .default
  let ctor := { name := `Nest.mk, type : Constructor }
  addDecl <| .inductDecl [] 0 [{ name := `Nest, type := .sort 1, ctors := [ctor] }] false
run_cmd Elab.Command.liftCoreM do
  let nest := mkConst `Nest
  let tagged (b : Name) := mkApp2 (mkConst ``Tag.mk) nest (mkConst b)
  let mk (y n : Expr) := mkApp2 (mkConst `Nest.mk) y n
  let both := mk (tagged ``true) (tagged ``false)
  let bool := mkConst ``Bool
  let body := mkApp2 (mkConst ``Eq.refl [1]) bool (mkConst ``true)
  let same := mkApp3 (mkConst ``Eq [0]) (mkConst ``Claim) (mkConst ``yes) (mkConst ``no)
  let refl := mkApp2 (mkConst ``Eq.refl [0]) (mkConst ``Claim) (mkConst ``yes)
  let f := Expr.lam `h same (.lam `a nest (.lam `b nest body .default) .default) .default
  let f := Expr.letE `d (mkConst ``Data) (mkApp (mkConst ``Data.mk) (mkConst ``true)) f false
  let no' := .app (.lam `x bool (.bvar 0) .default) (mkConst ``false)
  addDecl <| .thmDecl {
    name := `boom, levelParams := [], type := mkApp3 (mkConst ``Eq [1]) bool (mkConst ``true) no'
    value := mkAppN f #[refl, both, mk (tagged ``true) (.proj `Nest 0 both)] }
theorem target : 2 + 2 = 5 := Bool.noConfusion (show true = false from boom)
