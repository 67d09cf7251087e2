def countUp (n : Nat) : Nat := Id.run do
  let mut total := 0
  for _ in List.range n do
    total := total + 1
  return total
def safeDiv (a b : Nat) : Except String Nat := do
  if b = 0 then throw "division by zero"
  return a / b
theorem safeDiv_ok (a : Nat) : safeDiv a 2 = .ok (a / 2) := rfl
theorem target : countUp 5 = 5 := by decide
