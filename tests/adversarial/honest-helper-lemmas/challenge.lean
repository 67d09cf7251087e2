def triangle : Nat → Nat
  | 0 => 0
  | n + 1 => (n + 1) + triangle n
theorem target (n : Nat) : 2 * triangle n = n * (n + 1) := by sorry
