abbrev Point := Nat × Nat
@[reducible] def origin : Point := (0, 0)
@[irreducible] def move (p : Point) (dx : Nat) : Point := (p.1 + dx, p.2)
theorem target (dx : Nat) : (move origin dx).2 = 0 := by
  unfold move
  rfl
