structure P where
  x : Nat
  y : Unit
theorem target (p q : P) (h : p.x = q.x) : p = q := by cases p; cases q; simp_all
