theorem target (p : Prop) (h : ¬¬p) : p ∧ p := by sorry
