local instance (priority := high) evil : LT Nat := ⟨fun _ _ => True⟩
theorem target (a b : Nat) : a < b := trivial
