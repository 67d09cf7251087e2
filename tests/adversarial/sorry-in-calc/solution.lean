theorem target (a b : Nat) : a = b :=
  calc a = a + 0 := rfl
    _ = b := sorry
