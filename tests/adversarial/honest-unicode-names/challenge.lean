theorem Ωμεγα.ψ₁ (α₁ β' : Nat) : α₁ + β' = β' + α₁ := by sorry
theorem «a theorem with spaces» (x : Nat) : x = x := by sorry
