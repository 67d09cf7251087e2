axiom Choice : Type
axiom Choice.down : Choice → False
axiom Choice.up : Choice
theorem target : 2 + 2 = 5 := (Choice.down Choice.up).elim
