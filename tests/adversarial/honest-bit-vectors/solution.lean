theorem target (x y : BitVec 8) : x &&& y = y &&& x ∧ x ^^^ x = 0#8 := by
  constructor
  · ext i; simp [Bool.and_comm]
  · simp
