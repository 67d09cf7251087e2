instance (priority := high) five : OfNat Nat 5 := ⟨4⟩
theorem target : 2 + 2 = @OfNat.ofNat Nat 5 five := rfl
