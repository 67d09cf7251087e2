theorem target (p q r : Prop) : (p ∧ q) ∨ r ↔ (p ∨ r) ∧ (q ∨ r) := by grind
