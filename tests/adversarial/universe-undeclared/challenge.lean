import Lean
theorem target (α : Type) (a : α) : a = a := by sorry
