variable (n : Nat) (h : n = 0)
include h in
theorem target : n < 3 := by omega
