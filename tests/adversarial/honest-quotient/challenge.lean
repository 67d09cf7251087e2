def sameParity : Setoid Nat where
  r a b := a % 2 = b % 2
  iseqv := ⟨fun _ => rfl, fun h => h.symm, fun h k => h.trans k⟩
theorem target : (Quotient.mk sameParity 3) = Quotient.mk sameParity 7 := by sorry
