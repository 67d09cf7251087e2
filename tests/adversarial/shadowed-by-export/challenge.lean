def IsEven (n : Nat) : Prop := n % 2 = 0
theorem target : IsEven 3 := by sorry
