def triangle : Nat → Nat
  | 0 => 0
  | n + 1 => (n + 1) + triangle n
/-- One step. -/
theorem triangle_succ (n : Nat) : triangle (n + 1) = (n + 1) + triangle n := rfl
private theorem step (n : Nat) : (n + 1) * (n + 2) = n * (n + 1) + 2 * (n + 1) := by
  simp [Nat.add_mul, Nat.mul_add]; omega
theorem target (n : Nat) : 2 * triangle n = n * (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih => rw [triangle_succ, Nat.mul_add, ih, step, Nat.add_comm]
