def square (n : Nat) : Nat := n * n
theorem target (n : Nat) : square (n + 1) = square n + 2 * n + 1 := by sorry
