theorem target [Inhabited (Fin 0)] : ∃ n : Fin 0, n = n := ⟨default, rfl⟩
