def double (_ : Nat) : Nat := 7
theorem target : double 3 = 7 := rfl
