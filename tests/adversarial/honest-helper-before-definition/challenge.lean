def firstBelow (n : Nat) (h : 0 < n) : Fin n := ⟨0, by omega⟩
theorem target : (firstBelow 3 (by decide)).val = 0 := by sorry
