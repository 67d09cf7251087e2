axiom cheat : 2 + 2 = 5
opaque hidden : PLift (2 + 2 = 5) := ⟨cheat⟩
theorem target : 2 + 2 = 5 := hidden.down
