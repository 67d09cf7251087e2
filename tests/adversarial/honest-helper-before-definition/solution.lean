theorem pos_helper (n : Nat) (h : 0 < n) : 0 < n := by omega
def helper (n : Nat) (h : 0 < n) : Fin n := ⟨0, by omega⟩
def firstBelow (n : Nat) (h : 0 < n) : Fin n := ⟨0, by omega⟩
theorem target : (firstBelow 3 (by decide)).val = 0 := rfl
