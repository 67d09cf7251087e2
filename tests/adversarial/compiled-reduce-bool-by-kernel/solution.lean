import Lean
open Lean
def lie : Bool := true
@[implemented_by lie] def truth : Bool := false
run_cmd do
  let yes := mkApp3 (mkConst ``Eq [1]) (mkConst ``Bool) (mkApp (mkConst ``Lean.reduceBool) (mkConst `truth)) (mkConst ``true)
  let d := .thmDecl { name := `yes, levelParams := [], type := yes, value := mkApp2 (mkConst ``Eq.refl [1]) (mkConst ``Bool) (mkConst ``true) }
  match (← getEnv).addDeclCore 0 d none (doCheck := false) with
  | .ok env => setEnv env
  | .error _ => throwError "no"
theorem truth_true : truth = true := Lean.ofReduceBool truth true yes
theorem target : 2 + 2 = 5 := absurd truth_true (by decide)
