def Small (α : Type 1) : Prop := ∀ a b : α, a = b
theorem target : Small Type := by sorry
