theorem target : 2 ^ 256 % 1000000007 = 792845266 ∧ (10 : Nat) ^ 100 = 10 ^ 60 * 10 ^ 40 := by sorry
