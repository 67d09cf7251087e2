def Injective (f : Nat → Nat) : Prop := ∀ a b, f a = f b → a = b
theorem target : ∀ a b : Nat, a + 1 = b + 1 → a = b := by omega
