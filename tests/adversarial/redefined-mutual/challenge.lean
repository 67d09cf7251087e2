mutual
inductive Even : Nat → Prop
  | zero : Even 0
  | next {n} : Odd n → Even (n + 1)
inductive Odd : Nat → Prop
  | next {n} : Even n → Odd (n + 1)
end
theorem target : Odd 2 := by sorry
