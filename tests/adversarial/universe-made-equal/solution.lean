theorem target.{u} (α β : Type u) (f : α → β) : (fun x => f x) = f := rfl
