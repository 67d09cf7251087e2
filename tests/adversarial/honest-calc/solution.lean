theorem target (a b : Int) : (a + b) * (a + b) = a * a + 2 * (a * b) + b * b :=
  calc (a + b) * (a + b)
    _ = a * (a + b) + b * (a + b) := Int.add_mul ..
    _ = (a * a + a * b) + (b * a + b * b) := by rw [Int.mul_add, Int.mul_add]
    _ = a * a + 2 * (a * b) + b * b := by rw [Int.mul_comm b a]; omega
