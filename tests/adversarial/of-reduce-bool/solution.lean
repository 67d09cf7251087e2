def lie : Bool := true
@[implemented_by lie] def truth : Bool := false
theorem target : 2 + 2 = 5 := absurd (Lean.ofReduceBool truth true rfl) (by decide)
