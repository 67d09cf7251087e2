theorem target : ∀ x : Nat, x = 0 := by sorry
