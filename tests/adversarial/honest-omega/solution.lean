theorem target (a b : Nat) (h : a < b) (k : b < a + 2) : b = a + 1 := by omega
