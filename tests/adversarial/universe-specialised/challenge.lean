theorem target.{u} (α : Type u) (f : α → α) (a : α) (h : ∀ x, f x = x) : f a = a := by sorry
