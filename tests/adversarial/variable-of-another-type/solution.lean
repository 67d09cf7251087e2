variable (n : Fin 1)
theorem target : n = 0 := by omega
