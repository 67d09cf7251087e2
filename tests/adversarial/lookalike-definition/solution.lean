def IsEven (n : Nat) : Prop := n % 2 = 0
def IsΕven (_ : Nat) : Prop := True
theorem target : IsΕven 3 := trivial
