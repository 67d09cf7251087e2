def twice (n : Nat) : Nat := n + n
@[simp, grind =] theorem twice_eq (n : Nat) : twice n = 2 * n := by simp [twice]; omega
attribute [local simp] Nat.mul_assoc
@[deprecated twice_eq (since := "2026-01-01")] theorem twice_old (n : Nat) : twice n = 2 * n := twice_eq n
theorem target (n : Nat) : twice (twice n) = 4 * n := by
  simp; omega
