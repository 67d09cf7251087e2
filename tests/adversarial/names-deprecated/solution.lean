theorem target' : 2 + 2 = 4 := rfl
@[deprecated target' (since := "2026-01-01")] theorem targets : 2 + 2 = 4 := rfl
