def log (n : Nat) : Nat := if h : n < 2 then 0 else 1 + log (n / 2)
termination_by n
theorem target : ∀ n, log n ≤ n := by sorry
