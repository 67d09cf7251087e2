import Std

/-- A number's decimal digits added up, for numbers below a thousand. -/
def digitSum (n : Nat) : Nat :=
  n / 100 + n / 10 % 10 + n % 10

/-- [1] A father is three times as old as his son, and twelve years ago he was nine times as old:
the son is sixteen. -/
theorem father_and_son (f s : Nat) (h : f = 3 * s) (k : f - 12 = 9 * (s - 12)) (l : 12 < s) :
    s = 16 := by
  omega

/-- [1] Thirty-five heads and ninety-four feet belong to twenty-three hens and twelve rabbits. -/
theorem hens_and_rabbits (h r : Nat) (heads : h + r = 35) (feet : 2 * h + 4 * r = 94) :
    h = 23 ∧ r = 12 := by
  omega

/-- [1] The remainder of a number below a hundred by nine is that of the sum of its digits. -/
theorem casting_out_nines : ∀ n < 100, n % 9 = digitSum n % 9 := by
  decide

/-- [1] Three consecutive numbers with sum forty-eight are fifteen, sixteen and seventeen. -/
theorem three_consecutive (n : Nat) (h : n + (n + 1) + (n + 2) = 48) : n = 15 := by
  omega

/-- [1] A number below a hundred that leaves remainder 1, 2, 3 and 4 on division by 2, 3, 4 and 5
is 59. -/
theorem remainders_one_less (n : Nat) (h : n < 100) (a : n % 2 = 1) (b : n % 3 = 2)
    (c : n % 4 = 3) (d : n % 5 = 4) : n = 59 := by
  omega

/-- [1] A three-digit number less the one with its digits turned round is a multiple of
ninety-nine. -/
theorem turned_round_difference (a b c : Int) :
    99 ∣ (100 * a + 10 * b + c) - (100 * c + 10 * b + a) := by
  omega

/-- [1] An operation with x ∗ y = x + y + x y is associative. -/
theorem star_associative (x y z : Int) :
    (x + y + x * y) + z + (x + y + x * y) * z = x + (y + z + y * z) + x * (y + z + y * z) := by
  grind

/-- [1] If a function of the integers satisfies f(x + y) = f(x) + f(y), it vanishes at zero. -/
theorem additive_at_zero (f : Int → Int) (h : ∀ x y, f (x + y) = f x + f y) : f 0 = 0 := by
  have := h 0 0
  rw [Int.add_zero] at this
  omega

/-- [1] If f(x + y) = f(x) + f(y) for all integers, f is odd. -/
theorem additive_is_odd (f : Int → Int) (h : ∀ x y, f (x + y) = f x + f y) (x : Int) :
    f (-x) = - f x := by
  have h0 := h 0 0
  have h1 := h x (-x)
  rw [Int.add_right_neg] at h1
  simp at h0
  omega

/-- [1] If f(1) = 2 and f(n + 1) = f(n) + 2n + 3 from one on, then f(10) is 119. -/
theorem recursion_at_ten (f : Nat → Nat) (h : f 1 = 2)
    (k : ∀ n, 1 ≤ n → f (n + 1) = f n + 2 * n + 3) : f 10 = 119 := by
  have h2 : f 2 = f 1 + 2 * 1 + 3 := k 1 (by omega)
  have h3 : f 3 = f 2 + 2 * 2 + 3 := k 2 (by omega)
  have h4 : f 4 = f 3 + 2 * 3 + 3 := k 3 (by omega)
  have h5 : f 5 = f 4 + 2 * 4 + 3 := k 4 (by omega)
  have h6 : f 6 = f 5 + 2 * 5 + 3 := k 5 (by omega)
  have h7 : f 7 = f 6 + 2 * 6 + 3 := k 6 (by omega)
  have h8 : f 8 = f 7 + 2 * 7 + 3 := k 7 (by omega)
  have h9 : f 9 = f 8 + 2 * 8 + 3 := k 8 (by omega)
  have h10 : f 10 = f 9 + 2 * 9 + 3 := k 9 (by omega)
  omega

/-- [1] Twenty-three can be made of threes and fives in two ways only. -/
theorem coins_twenty_three (a b : Nat) (h : 3 * a + 5 * b = 23) :
    (a = 1 ∧ b = 4) ∨ (a = 6 ∧ b = 1) := by
  omega

/-- [3] The last digit of a fourth power of an odd number that five does not divide is one. -/
theorem last_digit_fourth_power (n : Nat) (h : n % 2 = 1) (k : n % 5 ≠ 0) :
    n ^ 4 % 10 = 1 := by
  have c : n % 10 = 1 ∨ n % 10 = 3 ∨ n % 10 = 7 ∨ n % 10 = 9 := by omega
  rcases c with c | c | c | c <;> simp [Nat.pow_mod, c]

/-- [3] If a + b and a b are both even, a and b are even. -/
theorem even_sum_and_product (a b : Nat) (h : (a + b) % 2 = 0) (k : a * b % 2 = 0) :
    a % 2 = 0 ∧ b % 2 = 0 := by
  have ha : a % 2 = 0 ∨ a % 2 = 1 := by omega
  have hb : b % 2 = 0 ∨ b % 2 = 1 := by omega
  rcases ha with ha | ha <;> rcases hb with hb | hb
  · exact ⟨ha, hb⟩
  · omega
  · omega
  · simp [Nat.mul_mod, ha, hb] at k

/-- [4] The positive numbers with x y = x + y are two and two. -/
theorem product_equals_sum (x y : Nat) (hx : 0 < x) (h : x * y = x + y) : x = 2 ∧ y = 2 := by
  obtain ⟨a, rfl⟩ : ∃ a, x = a + 1 := ⟨x - 1, by omega⟩
  have hy : 0 < y := by
    rcases Nat.eq_zero_or_pos y with rfl | k
    · omega
    · exact k
  obtain ⟨b, rfl⟩ : ∃ b, y = b + 1 := ⟨y - 1, by omega⟩
  have e : a * b = 1 := by grind
  have ha := Nat.eq_one_of_mul_eq_one_right e
  have hb := Nat.eq_one_of_mul_eq_one_left e
  omega

/-- [4] A function with f(0) = 1 and f(n + 1) = 2 f(n) + 3 is 4 · 2ⁿ - 3. -/
theorem solve_recursion (f : Nat → Nat) (h : f 0 = 1) (k : ∀ n, f (n + 1) = 2 * f n + 3)
    (n : Nat) : f n + 3 = 4 * 2 ^ n := by
  induction n with
  | zero => simp [h]
  | succ n ih => rw [k, Nat.pow_succ]; omega

/-- [1] If x + y = 7 and x y = 12, then x² + y² = 25. -/
theorem sum_of_squares_from_sum (x y : Int) (h : x + y = 7) (k : x * y = 12) :
    x * x + y * y = 25 := by
  have : (x + y) * (x + y) = x * x + 2 * (x * y) + y * y := by grind
  rw [h, k] at this
  omega

/-- [1] Of any four integers, two differ by a multiple of three. -/
theorem pigeonhole_mod_three (a b c d : Int) :
    3 ∣ a - b ∨ 3 ∣ a - c ∨ 3 ∣ a - d ∨ 3 ∣ b - c ∨ 3 ∣ b - d ∨ 3 ∣ c - d := by
  omega

/-- [4] No integers satisfy x² = 4 y + 3. -/
theorem no_square_four_y_plus_three (x y : Int) : x * x ≠ 4 * y + 3 := by
  intro h
  have c : x % 2 = 0 ∨ x % 2 = 1 := by omega
  rcases c with c | c
  · obtain ⟨k, rfl⟩ : ∃ k, x = 2 * k := ⟨x / 2, by omega⟩
    have : 2 * k * (2 * k) = 4 * (k * k) := by grind
    omega
  · obtain ⟨k, rfl⟩ : ∃ k, x = 2 * k + 1 := ⟨x / 2, by omega⟩
    have : (2 * k + 1) * (2 * k + 1) = 4 * (k * k + k) + 1 := by grind
    omega

/-- [5] A function with f(x + y) = f(x) + f(y) on the natural numbers is multiplication by f(1). -/
theorem additive_is_linear (f : Nat → Nat) (h : ∀ x y, f (x + y) = f x + f y) (n : Nat) :
    f n = n * f 1 := by
  induction n with
  | zero =>
    have := h 0 0
    simp at this
    omega
  | succ n ih => rw [h, ih, Nat.succ_mul]

/-- [1] If f(f(n)) = n + 1 for all n, then f(n + 1) = f(n) + 1 for all n. -/
theorem functional_square_root_step (f : Nat → Nat) (h : ∀ n, f (f n) = n + 1) (n : Nat) :
    f (n + 1) = f n + 1 := by
  rw [← h n, h (f n)]

/-- [5] No function of the natural numbers, applied twice, is the successor. -/
theorem no_functional_square_root (f : Nat → Nat) : ¬ ∀ n, f (f n) = n + 1 := by
  intro h
  have step : ∀ n, f (n + 1) = f n + 1 := by
    intro n
    rw [← h n, h (f n)]
  have line : ∀ n, f n = n + f 0 := by
    intro n
    induction n with
    | zero => omega
    | succ n ih => rw [step, ih]; omega
  have := h 0
  rw [line (f 0)] at this
  omega

/-- [5] The first step of a descent: if x² + y² = 3 z², then three divides x and y. -/
theorem descent_first_step (x y z : Nat) (h : x * x + y * y = 3 * (z * z)) :
    x % 3 = 0 ∧ y % 3 = 0 := by
  have k : (x * x + y * y) % 3 = 0 := by omega
  have hx : x % 3 = 0 ∨ x % 3 = 1 ∨ x % 3 = 2 := by omega
  have hy : y % 3 = 0 ∨ y % 3 = 1 ∨ y % 3 = 2 := by omega
  rcases hx with hx | hx | hx <;> rcases hy with hy | hy | hy <;>
    simp [Nat.add_mod, Nat.mul_mod, hx, hy] at k ⊢

/-- [4] A sum of three squares is never seven modulo eight. -/
theorem three_squares_mod_eight (a b c : Nat) : (a * a + b * b + c * c) % 8 ≠ 7 := by
  have sq : ∀ n : Nat, n * n % 8 = 0 ∨ n * n % 8 = 1 ∨ n * n % 8 = 4 := by
    intro n
    have h : n % 8 = 0 ∨ n % 8 = 1 ∨ n % 8 = 2 ∨ n % 8 = 3 ∨ n % 8 = 4 ∨ n % 8 = 5 ∨ n % 8 = 6 ∨
        n % 8 = 7 := by omega
    rcases h with h | h | h | h | h | h | h | h <;> simp [Nat.mul_mod, h]
  have ha := sq a
  have hb := sq b
  have hc := sq c
  omega

/-- [5] A function of the natural numbers that keeps the order and undoes itself is the identity. -/
theorem monotone_involution (f : Nat → Nat) (mono : ∀ x y, x ≤ y → f x ≤ f y)
    (inv : ∀ x, f (f x) = x) : ∀ x, f x = x := by
  intro x
  rcases Nat.le_total x (f x) with h | h
  · have := mono x (f x) h
    rw [inv] at this
    omega
  · have := mono (f x) x h
    rw [inv] at this
    omega

/-- [3] A sequence in which every third term repeats has its first value at all multiples of three. -/
theorem period_three (f : Nat → Nat) (h : ∀ n, f (n + 3) = f n) (k : Nat) : f (3 * k) = f 0 := by
  induction k with
  | zero => rfl
  | succ k ih => rw [Nat.mul_succ, h, ih]

/-- [3] A switch applied three times does what it does once. -/
theorem switch_three_times (f : Bool → Bool) (x : Bool) : f (f (f x)) = f x := by
  cases x <;> cases ht : f true <;> cases hf : f false <;> simp [ht, hf]
