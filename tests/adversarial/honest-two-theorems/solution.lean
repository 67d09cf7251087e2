theorem first (n : Nat) : n ≤ n + 1 := by omega
theorem second (n : Nat) : n ≤ n + 2 := Nat.le_trans (first n) (first (n + 1))
