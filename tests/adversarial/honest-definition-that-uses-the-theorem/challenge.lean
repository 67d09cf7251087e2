theorem first : 0 < 3 := by sorry
def zero : Fin 3 := ⟨0, first⟩
theorem second : zero.val = 0 := by sorry
