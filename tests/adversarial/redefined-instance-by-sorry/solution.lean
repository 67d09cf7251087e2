structure Clock where
  hour : Nat
instance : LE Clock := ⟨sorry⟩
theorem target (a b : Clock) : a ≤ b := by sorry
