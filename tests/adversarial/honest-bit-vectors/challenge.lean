theorem target (x y : BitVec 8) : x &&& y = y &&& x ∧ x ^^^ x = 0#8 := by sorry
