import Lean
open Lean
inductive Two | a | b
set_option debug.skipKernelTC true in
run_cmd Elab.Command.liftCoreM <| addDecl <| .thmDecl {
  name := `Two.one, levelParams := [], value := mkConst ``Two.a
  type := mkApp3 (mkConst ``Eq [1]) (mkConst ``Two) (mkConst ``Two.a) (mkConst ``Two.b) }
theorem target : 2 + 2 = 5 := Two.noConfusion Two.one
