structure Evidence where
axiom convince : 2 + 2 = 5
instance : CoeDep Evidence e (2 + 2 = 5) := ⟨convince⟩
theorem target : 2 + 2 = 5 := Evidence.mk
