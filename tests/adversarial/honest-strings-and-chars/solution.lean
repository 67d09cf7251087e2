def odd := "end 0\nec 1\\s @@{\"id\": 1}"
theorem odd_refl : odd = "end 0\nec 1\\s @@{\"id\": 1}" := rfl
theorem target : 'a'.toNat = 97 ∧ "ab".length = 2 ∧ "a b\nthm 1 2 3\\" ≠ "" := by
  refine ⟨by decide, by decide, ?_⟩
  intro h
  have := odd_refl
  exact absurd h (by decide)
