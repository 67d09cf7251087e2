theorem target.{v, u} (α : Type u) (_ : Type v) (a : α) : a = a := rfl
