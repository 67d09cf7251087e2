def half (n : Nat) : Option Nat := if n % 2 = 0 then some (n / 2) else none
def quarter (n : Nat) : Option Nat := do
  let m ← half n
  half m
theorem target : quarter 12 = some 3 ∧ quarter 6 = none := ⟨rfl, rfl⟩
