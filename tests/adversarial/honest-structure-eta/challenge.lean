structure P where
  x : Nat
  y : Nat
theorem target (p : P) : P.mk p.x p.y = p := by sorry
