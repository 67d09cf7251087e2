theorem target (a b : Nat) (h : a < 0) : a * b = b := absurd h (Nat.not_lt_zero a)
