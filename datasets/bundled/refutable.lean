import Std

/-- [1] False: subtraction of natural numbers does not undo addition in this order. -/
theorem refutable_sub_add (a b : Nat) : a - b + b = a := by
  sorry

/-- [1] False: a number need not be below its square. -/
theorem refutable_below_square (n : Nat) : n < n * n := by
  sorry

/-- [1] False: an implication does not turn round. -/
theorem refutable_converse (p q : Prop) (h : p → q) : q → p := by
  sorry

/-- [2] False: a disjunction does not give its left side. -/
theorem refutable_left (p q : Prop) (h : p ∨ q) : p := by
  sorry

/-- [2] False: the square of a sum is not the sum of the squares. -/
theorem refutable_square_of_sum (a b : Nat) : (a + b) * (a + b) = a * a + b * b := by
  sorry

/-- [2] False: joining lists depends on their order. -/
theorem refutable_join_order (xs ys : List Nat) : xs ++ ys = ys ++ xs := by
  sorry

/-- [2] False: not every function of the natural numbers is one-to-one. -/
theorem refutable_one_to_one (f : Nat → Nat) (x y : Nat) (h : f x = f y) : x = y := by
  sorry

/-- [3] False: there is no natural number that is at least every other. -/
theorem refutable_largest : ∃ n : Nat, ∀ m : Nat, m ≤ n := by
  sorry

/-- [3] False: n² + n + 11 is a multiple of eleven for some positive n. -/
theorem refutable_no_multiple (n : Nat) (h : 0 < n) : (n * n + n + 11) % 11 ≠ 0 := by
  sorry

/-- [3] False: no single natural number is above all of them. -/
theorem refutable_quantifiers : ∃ y : Nat, ∀ x : Nat, x < y := by
  sorry

/-- [4] False: a relation that is symmetric and transitive need not be reflexive. -/
theorem refutable_reflexive (r : Nat → Nat → Prop) (symm : ∀ x y, r x y → r y x)
    (trans : ∀ x y z, r x y → r y z → r x z) : ∀ x, r x x := by
  sorry
