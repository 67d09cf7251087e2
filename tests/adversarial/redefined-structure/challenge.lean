structure P where
  x : Nat
  y : Nat
theorem target (p q : P) (h : p.x = q.x) : p = q := by sorry
