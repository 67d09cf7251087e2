theorem first : 0 < 3 := by decide
def zero : Fin 3 := ⟨0, first⟩
theorem second : zero.val = 0 := rfl
