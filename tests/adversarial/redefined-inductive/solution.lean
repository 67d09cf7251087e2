inductive Color | red
theorem target (c : Color) : c = .red := by cases c; rfl
