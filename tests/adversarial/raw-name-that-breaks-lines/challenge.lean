import Lean
theorem target : False := by sorry
