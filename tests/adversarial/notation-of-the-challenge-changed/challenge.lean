notation "⟪" n "⟫" => n + 1
theorem target (n : Nat) : ⟪n⟫ = n := by sorry
