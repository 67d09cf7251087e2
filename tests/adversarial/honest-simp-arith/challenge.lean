theorem target (a b c : Nat) (h : a + 2 * b ≤ c) (k : c ≤ a + b) : b = 0 := by sorry
