import Lean
theorem target.{u, v} (α : Type u) (β : Type v) (h : α = α) : β = β := by sorry
