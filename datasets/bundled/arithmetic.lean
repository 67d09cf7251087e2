import Std

/-- [1] The sum of two sums can be regrouped by exchanging the inner terms. -/
theorem add_exchange_inner (a b c d : Nat) : (a + b) + (c + d) = (a + c) + (b + d) := by
  omega

/-- [1] Taking a number away from its double leaves the number. -/
theorem double_sub_self (n : Nat) : 2 * n - n = n := by
  omega

/-- [1] Seventeen times twenty-three is three hundred and ninety-one. -/
theorem seventeen_times_twenty_three : 17 * 23 = 391 := by
  decide

/-- [1] What is taken away and put back restores the number, if there was enough. -/
theorem take_and_put_back (a b : Nat) (h : b ≤ a) : a - b + b = a := by
  omega

/-- [1] The smaller and the larger of two numbers add up to the two. -/
theorem min_plus_max (a b : Nat) : min a b + max a b = a + b := by
  omega

/-- [1] Two numbers with sum ten and difference four are seven and three. -/
theorem sum_ten_difference_four (x y : Int) (h : x + y = 10) (k : x - y = 4) :
    x = 7 ∧ y = 3 := by
  omega

/-- [1] A sum of natural numbers vanishes exactly when both terms do. -/
theorem sum_zero_iff (a b : Nat) : a + b = 0 ↔ a = 0 ∧ b = 0 := by
  omega

/-- [1] If a two-digit number written with the digits a and b is 47, the digits are 4 and 7. -/
theorem digits_of_forty_seven (a b : Nat) (ha : a < 10) (hb : b < 10) (h : 10 * a + b = 47) :
    a = 4 ∧ b = 7 := by
  omega

/-- [1] The square of a sum of two natural numbers. -/
theorem square_of_sum (a b : Nat) : (a + b) * (a + b) = a * a + 2 * (a * b) + b * b := by
  grind

/-- [1] The difference of two squares is the difference times the sum. -/
theorem difference_of_squares (a b : Int) : (a - b) * (a + b) = a * a - b * b := by
  grind

/-- [1] The cube of a sum of two integers. -/
theorem cube_of_sum (x y : Int) :
    (x + y) ^ 3 = x ^ 3 + 3 * x ^ 2 * y + 3 * x * y ^ 2 + y ^ 3 := by
  grind

/-- [1] The fourth power of one number plus four times that of another factors. -/
theorem fourth_powers_factor (a b : Int) :
    a ^ 4 + 4 * b ^ 4 = (a ^ 2 + 2 * b ^ 2 + 2 * a * b) * (a ^ 2 + 2 * b ^ 2 - 2 * a * b) := by
  grind

/-- [2] A product of two sums of two squares is again a sum of two squares. -/
theorem two_squares_product (a b c d : Int) :
    ∃ x y : Int, (a ^ 2 + b ^ 2) * (c ^ 2 + d ^ 2) = x ^ 2 + y ^ 2 := by
  refine ⟨a * c - b * d, a * d + b * c, ?_⟩
  grind

/-- [1] Consecutive squares differ by an odd number, the sum of their roots. -/
theorem consecutive_squares (n : Nat) : (n + 1) ^ 2 - n ^ 2 = 2 * n + 1 := by
  have h : (n + 1) ^ 2 = n ^ 2 + 2 * n + 1 := by grind
  omega

/-- [3] If a product of natural numbers is one, the first factor is one. -/
theorem factor_of_one (a b : Nat) (h : a * b = 1) : a = 1 := by
  exact Nat.eq_one_of_mul_eq_one_right h

/-- [3] Natural numbers with the same square are equal. -/
theorem equal_squares (a b : Nat) (h : a * a = b * b) : a = b := by
  exact Nat.mul_self_inj.mp h

/-- [3] Every natural number at least eight is a sum of threes and fives. -/
theorem threes_and_fives (n : Nat) (h : 8 ≤ n) : ∃ a b, n = 3 * a + 5 * b := by
  have : n % 3 = 0 ∨ n % 3 = 1 ∨ n % 3 = 2 := by omega
  rcases this with h0 | h1 | h2
  · exact ⟨n / 3, 0, by omega⟩
  · exact ⟨(n - 10) / 3, 2, by omega⟩
  · exact ⟨(n - 5) / 3, 1, by omega⟩

/-- [4] The integer solutions of x² - 7x + 10 = 0 are two and five. -/
theorem roots_of_quadratic (x : Int) (h : x * x - 7 * x + 10 = 0) : x = 2 ∨ x = 5 := by
  have k : (x - 2) * (x - 5) = 0 := by grind
  rcases Int.mul_eq_zero.mp k with h1 | h1 <;> omega

/-- [4] The only way to write seven as a product with a first factor above one is seven times one. -/
theorem factors_of_seven (a b : Nat) (h : a * b = 7) (ha : 1 < a) : a = 7 ∧ b = 1 := by
  have hb : b < 4 := by
    rcases Nat.lt_or_ge b 4 with hb | hb
    · exact hb
    · have := Nat.mul_le_mul (show 2 ≤ a from ha) hb
      omega
  have : b = 0 ∨ b = 1 ∨ b = 2 ∨ b = 3 := by omega
  rcases this with rfl | rfl | rfl | rfl <;> omega
