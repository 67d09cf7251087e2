abbrev Pred := Nat → Prop
inductive Even : Pred
  | zero : Even 0
  | next {n : Nat} : Even n → Even (n + 2)
theorem target : Even 4 := by sorry
