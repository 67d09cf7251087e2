def n : Nat := 0
theorem target : n = 0 := rfl
