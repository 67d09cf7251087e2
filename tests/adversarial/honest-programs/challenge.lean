def countUp (n : Nat) : Nat := Id.run do
  let mut total := 0
  for _ in List.range n do
    total := total + 1
  return total
theorem target : countUp 5 = 5 := by sorry
