def five : Nat := 5
@[implemented_by five] def four : Nat := 4
theorem five_four : four = 5 := Lean.ofReduceNat four 5 (by native_decide)
theorem target : 2 + 2 = 5 := absurd five_four (by decide)
