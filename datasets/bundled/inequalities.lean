import Std

/-- [1] Between a natural number and a larger one lies a step of one. -/
theorem step_below (a b : Nat) (h : a < b) : a + 1 ≤ b := by
  omega

/-- [1] Of two integers, one is at most the other. -/
theorem comparable (x y : Int) : x ≤ y ∨ y ≤ x := by
  omega

/-- [1] Adding inequalities of integers. -/
theorem add_inequalities (a b c d : Int) (h : a < b) (k : c ≤ d) : a + c < b + d := by
  omega

/-- [1] An integer between a number and its successor, strictly, does not exist. -/
theorem nothing_between (n m : Int) : ¬ (n < m ∧ m < n + 1) := by
  omega

/-- [1] If twice a number is less than seven, the number is at most three. -/
theorem half_of_seven (n : Nat) (h : 2 * n < 7) : n ≤ 3 := by
  omega

/-- [2] A power of two exceeds its exponent. -/
theorem below_power_of_two (n : Nat) : n < 2 ^ n := by
  exact Nat.lt_two_pow_self

/-- [2] The square of an integer is not negative. -/
theorem square_nonneg (x : Int) : 0 ≤ x * x := by
  rcases Int.le_total 0 x with h | h
  · exact Int.mul_nonneg h h
  · exact Int.mul_nonneg_of_nonpos_of_nonpos h h

/-- [2] A natural number is at most its square. -/
theorem le_square (n : Nat) : n ≤ n * n := by
  exact Nat.le_mul_self n

/-- [2] If the square of an integer is zero, so is the integer. -/
theorem square_zero (x : Int) (h : x * x = 0) : x = 0 := by
  rcases Int.mul_eq_zero.mp h with h | h <;> exact h

/-- [2] Products keep the order of their factors. -/
theorem mul_monotone (a b c d : Nat) (h : a ≤ b) (k : c ≤ d) : a * c ≤ b * d := by
  exact Nat.mul_le_mul h k

/-- [3] Squaring natural numbers is strictly increasing. -/
theorem square_strict (a b : Nat) (h : a < b) : a * a < b * b := by
  exact Nat.mul_self_lt_mul_self h

/-- [3] If the square of a number is below twenty-five, the number is below five. -/
theorem root_below_five (n : Nat) (h : n * n < 25) : n < 5 := by
  rcases Nat.lt_or_ge n 5 with k | k
  · exact k
  · have := Nat.mul_le_mul k k
    omega

/-- [3] Two is not the square of a natural number. -/
theorem two_is_no_square (n : Nat) : n * n ≠ 2 := by
  intro h
  have k : n < 2 := by
    rcases Nat.lt_or_ge n 2 with k | k
    · exact k
    · have := Nat.mul_le_mul k k
      omega
  have : n = 0 ∨ n = 1 := by omega
  rcases this with rfl | rfl <;> omega

/-- [3] Twice a product is at most the sum of the squares. -/
theorem twice_product_le_squares (a b : Int) : 2 * (a * b) ≤ a * a + b * b := by
  have h : 0 ≤ (a - b) * (a - b) := by
    rcases Int.le_total 0 (a - b) with h | h
    · exact Int.mul_nonneg h h
    · exact Int.mul_nonneg_of_nonpos_of_nonpos h h
  grind

/-- [3] Twice a positive number is at most two to its power. -/
theorem double_le_power (n : Nat) (h : 1 ≤ n) : 2 * n ≤ 2 ^ n := by
  induction n with
  | zero => omega
  | succ n ih =>
    have := Nat.lt_two_pow_self (n := n)
    rw [Nat.pow_succ]
    omega

/-- [4] From four on, the square of a number is at most two to its power. -/
theorem square_le_power (n : Nat) (h : 4 ≤ n) : n * n ≤ 2 ^ n := by
  induction n with
  | zero => omega
  | succ n ih =>
    rcases Nat.lt_or_ge n 4 with k | k
    · have : n = 3 := by omega
      subst this
      decide
    · have ih := ih k
      have := Nat.mul_le_mul k (Nat.le_refl n)
      have e : (n + 1) * (n + 1) = n * n + 2 * n + 1 := by grind
      rw [Nat.pow_succ, e]
      omega

/-- [4] Bernoulli's inequality for natural numbers. -/
theorem bernoulli (x n : Nat) : 1 + n * x ≤ (1 + x) ^ n := by
  induction n with
  | zero => simp
  | succ n ih =>
    rw [Nat.pow_succ]
    have h := Nat.mul_le_mul ih (Nat.le_refl (1 + x))
    have e : (1 + n * x) * (1 + x) = 1 + (n + 1) * x + n * x * x := by grind
    omega

/-- [4] Four times a product is at most the square of the sum. -/
theorem four_product_le_square (a b : Nat) : 4 * (a * b) ≤ (a + b) * (a + b) := by
  rcases Nat.le_total a b with h | h
  · obtain ⟨c, rfl⟩ := Nat.exists_eq_add_of_le h
    have : (a + (a + c)) * (a + (a + c)) = 4 * (a * (a + c)) + c * c := by grind
    omega
  · obtain ⟨c, rfl⟩ := Nat.exists_eq_add_of_le h
    have : (b + c + b) * (b + c + b) = 4 * ((b + c) * b) + c * c := by grind
    omega

/-- [5] The products of neighbours among three integers add up to at most the sum of squares. -/
theorem neighbour_products (a b c : Int) :
    a * b + b * c + c * a ≤ a * a + b * b + c * c := by
  have sq (x : Int) : 0 ≤ x * x := by
    rcases Int.le_total 0 x with h | h
    · exact Int.mul_nonneg h h
    · exact Int.mul_nonneg_of_nonpos_of_nonpos h h
  have h1 := sq (a - b)
  have h2 := sq (b - c)
  have h3 := sq (c - a)
  grind

/-- [5] Cauchy's inequality in the plane, over the integers. -/
theorem cauchy_plane (a b c d : Int) :
    (a * c + b * d) * (a * c + b * d) ≤ (a * a + b * b) * (c * c + d * d) := by
  have h : 0 ≤ (a * d - b * c) * (a * d - b * c) := by
    rcases Int.le_total 0 (a * d - b * c) with h | h
    · exact Int.mul_nonneg h h
    · exact Int.mul_nonneg_of_nonpos_of_nonpos h h
  grind
