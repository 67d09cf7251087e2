def always : LT Nat := ⟨fun _ _ => True⟩
attribute [-instance] instLTNat
attribute [local instance] always
theorem target (a b : Nat) : a < b := trivial
