theorem target {α : Type} [DecidableEq α] (a b : α) : (if a = b then 1 else 1) = 1 := by sorry
