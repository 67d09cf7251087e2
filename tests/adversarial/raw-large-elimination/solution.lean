import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let p := mkApp (mkConst ``Nonempty [1]) (mkConst ``Bool)
  add <| .defnDecl {
    name := `out, levelParams := [], type := .forallE `x p (mkConst ``Bool) .default, hints := .abbrev, safety := .safe
    value := .lam `x p (mkAppN (mkConst ``Nonempty.rec [1, 1]) #[mkConst ``Bool, .lam `_ p (mkConst ``Bool) .default,
      .lam `b (mkConst ``Bool) (.bvar 0) .default, .bvar 0]) .default }
theorem same : out ⟨true⟩ = out ⟨false⟩ := rfl
theorem target : 2 + 2 = 5 := by
  have := same
  sorry
