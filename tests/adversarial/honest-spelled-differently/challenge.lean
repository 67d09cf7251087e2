theorem target (xs : List Nat) (h : xs ≠ []) : 0 < xs.length := by sorry
