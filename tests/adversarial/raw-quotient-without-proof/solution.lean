import Lean
open Lean
run_cmd do
  let add (d : Declaration) : Elab.Command.CommandElabM Unit := do
    match (← getEnv).addDeclCore 0 d none (doCheck := false) with
    | .ok env => setEnv env
    | .error _ => throwError "no"
  let nat := mkConst ``Nat
  let all := .lam `a nat (.lam `b nat (mkConst ``True) .default) .default
  let id := .lam `a nat (.bvar 0) .default
  let q (n : Nat) := mkApp3 (mkConst ``Quot.mk [1]) nat all (mkRawNatLit n)
  let lift (n : Nat) := mkAppN (mkConst ``Quot.lift [1, 1]) #[nat, all, nat, id, mkConst ``trivial, q n]
  add <| .thmDecl {
    name := `boom, levelParams := []
    type := mkApp3 (mkConst ``Eq [1]) nat (lift 4) (lift 5)
    value := mkAppN (mkConst ``congrArg [1, 1]) #[mkApp2 (mkConst ``Quot [1]) nat all, nat, q 4, q 5,
      .lam `x (mkApp2 (mkConst ``Quot [1]) nat all)
        (mkAppN (mkConst ``Quot.lift [1, 1]) #[nat, all, nat, id, mkConst ``trivial, .bvar 0]) .default,
      mkAppN (mkConst ``Quot.sound [1]) #[nat, all, mkRawNatLit 4, mkRawNatLit 5, mkConst ``trivial]] }
theorem target : 2 + 2 = 5 := boom
