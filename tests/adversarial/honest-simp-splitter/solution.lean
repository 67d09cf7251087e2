def pred (n : Nat) : Nat := match n with | 0 => 0 | m + 1 => m
theorem target (n : Nat) : pred n ≤ n := by
  unfold pred
  split
  · simp
  · omega
