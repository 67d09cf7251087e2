theorem target (α : Type 1) (f : α → α) (a : α) (h : ∀ x, f x = x) : f a = a := h a
