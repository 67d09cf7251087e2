theorem target (a b c : Int) : a + b + c = c + b + a := by sorry
