def sum : List Nat → Nat
  | [] => 0
  | x :: xs => x + sum xs
theorem target (xs : List Nat) : sum xs = 0 := by sorry
