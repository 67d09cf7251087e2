@[default_instance 100000] instance whole (n : Nat) : OfNat Int n := ⟨Int.ofNat n⟩
theorem target : ∃ x, x + 1 = 0 := ⟨(-1 : Int), rfl⟩
