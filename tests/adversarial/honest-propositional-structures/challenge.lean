structure Between (a b c : Nat) : Prop where
  left : a ≤ b
  right : b ≤ c
theorem target (a b c : Nat) (h : Between a b c) : a ≤ c := by sorry
