theorem Ωμεγα.ψ₁ (α₁ β' : Nat) : α₁ + β' = β' + α₁ := Nat.add_comm ..
def «a definition: 1 + 1» := 2
theorem «a theorem with spaces» (x : Nat) : x = x := rfl
