def lie : Bool := true
@[implemented_by lie] def truth : Bool := false
theorem truth_true : truth = true := by native_decide
theorem target : 2 + 2 = 5 := absurd truth_true (by decide)
