theorem third (n : Nat) : n ≤ n + 2 := by omega
theorem first (n : Nat) : n ≤ n := Nat.le_refl n
theorem between : 1 = 1 := rfl
theorem second (n : Nat) : n ≤ n + 1 := Nat.le_trans (first n) (by omega)
