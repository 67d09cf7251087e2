theorem target (n : Nat) : (n : Int) = 1 := by sorry
