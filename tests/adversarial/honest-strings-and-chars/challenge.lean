theorem target : 'a'.toNat = 97 ∧ "ab".length = 2 ∧ "a b\nthm 1 2 3\\" ≠ "" := by sorry
