theorem target (p : Prop) (h : ¬¬¬¬p → p) : p → p ∧ p := fun x => ⟨x, x⟩
