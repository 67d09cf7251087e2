import Lean
open Lean
run_cmd Elab.Command.liftCoreM <| addDecl <| .axiomDecl {
  name := `Classical.choice_two, levelParams := [], type := mkConst ``False, isUnsafe := false }
theorem target : 2 + 2 = 5 := Classical.choice_two.elim
