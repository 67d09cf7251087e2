def sq (n : Nat) : Nat := n * n
theorem target (n : Nat) : sq (n + 1) = sq n + 2 * n + 1 := by
  simp [sq, Nat.add_mul, Nat.mul_add]; omega
