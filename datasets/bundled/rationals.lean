import Std

/-- [1] A rational number added to itself is its double. -/
theorem rat_double (x : Rat) : x + x = 2 * x := by
  grind

/-- [1] A third and a sixth make a half. -/
theorem third_and_sixth : (1 / 3 + 1 / 6 : Rat) = 1 / 2 := by
  grind

/-- [1] Two halves of a rational number make it whole. -/
theorem two_halves (x : Rat) : x / 2 + x / 2 = x := by
  grind

/-- [1] The only solution of 3x + 1 = 10 over the rationals. -/
theorem rat_linear_equation (x : Rat) (h : 3 * x + 1 = 10) : x = 3 := by
  grind

/-- [1] The square of x + 1 over the rationals. -/
theorem rat_square_succ (x : Rat) : (x + 1) ^ 2 = x ^ 2 + 2 * x + 1 := by
  grind

/-- [1] Half the sum of two different rationals lies strictly between them. -/
theorem rat_between (x y : Rat) (h : x < y) : x < (x + y) / 2 ∧ (x + y) / 2 < y := by
  constructor <;> grind

/-- [1] Two linear equations determine both unknowns. -/
theorem rat_two_equations (x y : Rat) (h : 2 * x + 3 * y = 12) (k : x - y = 1) :
    x = 3 ∧ y = 2 := by
  constructor <;> grind

/-- [3] Between two rationals there is another one. -/
theorem rat_dense (x y : Rat) (h : x < y) : ∃ z, x < z ∧ z < y := by
  refine ⟨(x + y) / 2, ?_, ?_⟩ <;> grind

/-- [3] There is no largest rational number. -/
theorem rat_unbounded : ¬ ∃ m : Rat, ∀ x : Rat, x ≤ m := by
  intro ⟨m, h⟩
  have := h (m + 1)
  grind

/-- [1] If a nonzero rational number and its inverse add up to two, the number is one. -/
theorem rat_plus_inverse (x : Rat) (hx : x ≠ 0) (h : x + 1 / x = 2) : x = 1 := by
  have k : (x - 1) * (x - 1) = 0 := by grind
  have : x - 1 = 0 := by
    rcases Rat.mul_eq_zero.mp k with h | h <;> exact h
  grind
