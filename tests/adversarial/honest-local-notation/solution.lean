local infixl:65 " ⊹ " => Nat.add
macro "go" : tactic => `(tactic| omega)
variable (z : Nat)
theorem helper (a b : Nat) : a ⊹ b = b ⊹ a := Nat.add_comm a b
theorem target (a b : Nat) : a + b = b + a := by go
