instance (priority := 10000) : NatCast Int := ⟨fun _ => 1⟩
theorem target (n : Nat) : (n : Int) = 1 := rfl
