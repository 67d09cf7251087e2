unif_hint (n : Nat) where
  n ≟ 0 ⊢ n.succ ≟ n
unif_hint where
  ⊢ 4 ≟ 5
theorem target : 2 + 2 = 5 := (rfl : 2 + 2 = 4)
