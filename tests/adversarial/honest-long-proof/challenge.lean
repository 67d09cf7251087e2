theorem target (a b c d e f : Nat) (h₁ : a < b) (h₂ : b < c) (h₃ : c < d) (h₄ : d < e) (h₅ : e < f) :
    a + 5 ≤ f ∧ (a < f ∧ b < f) ∧ (c < f ∨ f < c) := by sorry
