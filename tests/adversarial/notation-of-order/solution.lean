local notation:50 (priority := high) a:51 " < " b:51 => Nat.le (a - a) b
theorem target (a b : Nat) : a < b := by simp; exact Nat.zero_le b
