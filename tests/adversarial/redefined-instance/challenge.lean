inductive B | o | i
instance : Add B := ⟨fun a _ => a⟩
theorem target (a b : B) : a + b = b + a := by sorry
