notation "⟪" n "⟫" => n + 0
theorem target (n : Nat) : ⟪n⟫ = n := rfl
