theorem target.{u} (α : Type u) (f : α → α) (h : ∀ x, f x = x) : f = id := by sorry
