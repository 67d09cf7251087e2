inductive Color | red | green
theorem target (c : Color) : c = .red := by sorry
