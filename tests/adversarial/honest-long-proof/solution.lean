theorem target (a b c d e f : Nat) (h₁ : a < b) (h₂ : b < c) (h₃ : c < d) (h₄ : d < e) (h₅ : e < f) :
    a + 5 ≤ f ∧ (a < f ∧ b < f) ∧ (c < f ∨ f < c) := by
  have k₁ : a + 1 ≤ b := h₁
  have k₂ : b + 1 ≤ c := h₂
  have k₃ : c + 1 ≤ d := h₃
  have k₄ : d + 1 ≤ e := h₄
  have k₅ : e + 1 ≤ f := h₅
  have l₁ : a + 2 ≤ c := Nat.le_trans (Nat.add_le_add_right k₁ 1) k₂
  have l₂ : a + 3 ≤ d := Nat.le_trans (Nat.add_le_add_right l₁ 1) k₃
  have l₃ : a + 4 ≤ e := Nat.le_trans (Nat.add_le_add_right l₂ 1) k₄
  have l₄ : a + 5 ≤ f := Nat.le_trans (Nat.add_le_add_right l₃ 1) k₅
  refine ⟨l₄, ⟨?_, ?_⟩, Or.inl ?_⟩
  · exact Nat.lt_of_lt_of_le (Nat.lt_add_of_pos_right (by decide)) l₄
  · obtain h | h := Nat.lt_or_ge b f
    · exact h
    · omega
  · rcases Nat.lt_trichotomy c f with h | h | h
    · exact h
    · omega
    · omega
