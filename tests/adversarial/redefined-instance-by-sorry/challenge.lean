structure Clock where
  hour : Nat
instance : LE Clock := ⟨fun a b => a.hour ≤ b.hour⟩
theorem target (a b : Clock) : a ≤ b := by sorry
