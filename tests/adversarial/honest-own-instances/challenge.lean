theorem target : ∀ a b : Bool × Bool, a = b ∨ a ≠ b := by sorry
