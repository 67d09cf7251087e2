def collatz (fuel n : Nat) : Nat :=
  if fuel = 0 then n else if n % 2 = 0 then collatz (fuel - 1) (n / 2) else collatz (fuel - 1) (3 * n + 1)
termination_by fuel
decreasing_by all_goals omega
theorem target (n : Nat) : collatz 0 n = n := by sorry
