def Claim : Prop := 2 + 2 = 5
theorem target : Claim ∨ ¬Claim → Claim := by sorry
