inductive B | o | i
instance : Add B := ⟨fun _ _ => .o⟩
theorem target (a b : B) : a + b = b + a := rfl
