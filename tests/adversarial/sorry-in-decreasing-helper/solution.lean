theorem climb (n : Nat) : 2 + 2 = 5 := climb (n + 1)
termination_by n
decreasing_by all_goals sorry
theorem target : 2 + 2 = 5 := climb 0
