inductive Rose (α : Type) | node (label : α) (children : List (Rose α))
theorem target (t : Rose Nat) : ∃ a cs, t = .node a cs := by sorry
