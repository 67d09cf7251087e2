theorem first (a b : Nat) : a + b = b + a := by sorry
theorem second (a b : Nat) : a * b = b * a := by sorry
