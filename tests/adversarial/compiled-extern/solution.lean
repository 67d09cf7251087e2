@[extern "lean_nat_dec_eq"] def differ (_ _ : @& Nat) : Bool := false
theorem yes : differ 0 0 = true := by native_decide
theorem target : 2 + 2 = 5 := absurd yes (by decide)
