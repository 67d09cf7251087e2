theorem target (a b c : Nat) (h : a ∣ b) (k : a ∣ c) : a ∣ b + c := by sorry
