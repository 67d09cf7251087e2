structure Evidence where
instance : CoeDep Evidence e (2 + 2 = 5) := ⟨sorry⟩
theorem target : 2 + 2 = 5 := Evidence.mk
