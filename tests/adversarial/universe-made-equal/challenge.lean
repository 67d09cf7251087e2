theorem target.{u, v} (α : Type u) (β : Type v) (f : α → β) : (fun x => f x) = f := by sorry
