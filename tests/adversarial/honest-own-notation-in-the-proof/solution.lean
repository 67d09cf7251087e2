local notation:50 a " divides " b => ∃ c, b = a * c
theorem sums {a b c : Nat} : (a divides b) → (a divides c) → (a divides (b + c))
  | ⟨x, hx⟩, ⟨y, hy⟩ => ⟨x + y, by rw [hx, hy, Nat.mul_add]⟩
theorem target (a b c : Nat) (h : a ∣ b) (k : a ∣ c) : a ∣ b + c := sums h k
