import Lean
theorem target (a b c : Nat) (h : a = b) (k : b = c) : c = a := by sorry
