def collatz (fuel n : Nat) : Nat :=
  if fuel = 0 then n else if n % 2 = 0 then collatz (fuel - 1) (n / 2) else collatz (fuel - 1) (3 * n + 1)
termination_by fuel
decreasing_by all_goals omega
theorem half (n : Nat) (h : 0 < n) : n / 2 < n := by omega
def bits (n : Nat) : List Bool := if h : n = 0 then [] else (n % 2 == 1) :: bits (n / 2)
termination_by n
decreasing_by exact half n (by omega)
theorem target (n : Nat) : collatz 0 n = n := by
  rw [collatz]; simp
