import Lean
open Lean
theorem target : 2 + 2 = 4 := rfl
run_cmd do setEnv (← mkEmptyEnvironment)
