theorem target.{u} (α : Type (u + 1)) (a : α) : a = a := rfl
