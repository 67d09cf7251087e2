def Injective (f : Nat → Nat) : Prop := ∀ a b, f a = f b → a = b
theorem target : Injective (· + 1) := by sorry
