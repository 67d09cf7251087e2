abbrev Claim : Prop := 2 + 2 = 5
theorem target : Claim := by sorry
