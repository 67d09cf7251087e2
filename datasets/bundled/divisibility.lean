import Std

/-- [1] Every natural number leaves remainder zero or one on division by two. -/
theorem parity_cases (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  omega

/-- [1] Seven divides ninety-one. -/
theorem seven_divides_ninety_one : 7 ∣ 91 := by
  decide

/-- [1] The sum of two even numbers is even. -/
theorem even_plus_even (a b : Nat) (ha : a % 2 = 0) (hb : b % 2 = 0) : (a + b) % 2 = 0 := by
  omega

/-- [1] A number that is two modulo three and three modulo five is eight modulo fifteen. -/
theorem remainders_two_and_three (x : Nat) (h : x % 3 = 2) (k : x % 5 = 3) : x % 15 = 8 := by
  omega

/-- [1] What two and three divide, six divides. -/
theorem two_and_three_give_six (n : Nat) (h : 2 ∣ n) (k : 3 ∣ n) : 6 ∣ n := by
  omega

/-- [1] Among three consecutive integers one is a multiple of three. -/
theorem one_of_three_consecutive (n : Int) : 3 ∣ n ∨ 3 ∣ n + 1 ∨ 3 ∣ n + 2 := by
  omega

/-- [2] A common divisor divides every combination. -/
theorem divides_combination (a b c : Nat) (h : a ∣ b) (k : a ∣ c) : a ∣ 2 * b + 3 * c := by
  exact Nat.dvd_add (Nat.dvd_mul_left_of_dvd h 2) (Nat.dvd_mul_left_of_dvd k 3)

/-- [2] A product of two odd numbers is odd. -/
theorem odd_times_odd (a b : Nat) (ha : a % 2 = 1) (hb : b % 2 = 1) : a * b % 2 = 1 := by
  simp [Nat.mul_mod, ha, hb]

/-- [1] A number and its successor have no common divisor but one. -/
theorem gcd_with_successor (n : Nat) : Nat.gcd n (n + 1) = 1 := by
  simp

/-- [3] The product of two consecutive numbers is even. -/
theorem consecutive_product_even (n : Nat) : n * (n + 1) % 2 = 0 := by
  have h : n % 2 = 0 ∨ n % 2 = 1 := by omega
  rcases h with h | h <;> simp [Nat.mul_mod, Nat.add_mod, h]

/-- [3] A square leaves remainder zero or one on division by four. -/
theorem square_mod_four (n : Nat) : n * n % 4 = 0 ∨ n * n % 4 = 1 := by
  have h : n % 4 = 0 ∨ n % 4 = 1 ∨ n % 4 = 2 ∨ n % 4 = 3 := by omega
  rcases h with h | h | h | h <;> simp [Nat.mul_mod, h]

/-- [3] No square leaves remainder two on division by three. -/
theorem square_mod_three (n : Nat) : n * n % 3 ≠ 2 := by
  have h : n % 3 = 0 ∨ n % 3 = 1 ∨ n % 3 = 2 := by omega
  rcases h with h | h | h <;> simp [Nat.mul_mod, h]

/-- [3] The square of an odd number is one modulo eight. -/
theorem odd_square_mod_eight (n : Nat) (h : n % 2 = 1) : n * n % 8 = 1 := by
  have k : n % 8 = 1 ∨ n % 8 = 3 ∨ n % 8 = 5 ∨ n % 8 = 7 := by omega
  rcases k with k | k | k | k <;> simp [Nat.mul_mod, k]

/-- [3] Every power of seven is one modulo six. -/
theorem power_of_seven_mod_six (n : Nat) : 7 ^ n % 6 = 1 := by
  induction n with
  | zero => rfl
  | succ n ih => rw [Nat.pow_succ]; omega

/-- [3] Every power of ten is one modulo nine. -/
theorem power_of_ten_mod_nine (n : Nat) : 10 ^ n % 9 = 1 := by
  induction n with
  | zero => rfl
  | succ n ih => rw [Nat.pow_succ]; omega

/-- [3] A number that divides two neighbours is one. -/
theorem divides_neighbours (d n : Nat) (h : d ∣ n) (k : d ∣ n + 1) : d = 1 := by
  have : d ∣ 1 := (Nat.dvd_add_right h).mp k
  exact Nat.dvd_one.mp this

/-- [3] Numbers that divide each other in a circle of three are equal. -/
theorem divides_in_a_circle (a b c : Nat) (h : a ∣ b) (k : b ∣ c) (l : c ∣ a) : a = c := by
  exact Nat.dvd_antisymm (Nat.dvd_trans h k) l

/-- [4] A sum of two squares is never three modulo four. -/
theorem two_squares_mod_four (a b : Nat) : (a * a + b * b) % 4 ≠ 3 := by
  have h : a % 4 = 0 ∨ a % 4 = 1 ∨ a % 4 = 2 ∨ a % 4 = 3 := by omega
  have k : b % 4 = 0 ∨ b % 4 = 1 ∨ b % 4 = 2 ∨ b % 4 = 3 := by omega
  rcases h with h | h | h | h <;> rcases k with k | k | k | k <;>
    simp [Nat.add_mod, Nat.mul_mod, h, k]

/-- [4] If three divides a sum of two squares, it divides both numbers. -/
theorem three_divides_two_squares (a b : Nat) (h : (a * a + b * b) % 3 = 0) :
    a % 3 = 0 ∧ b % 3 = 0 := by
  have ha : a % 3 = 0 ∨ a % 3 = 1 ∨ a % 3 = 2 := by omega
  have hb : b % 3 = 0 ∨ b % 3 = 1 ∨ b % 3 = 2 := by omega
  rcases ha with ha | ha | ha <;> rcases hb with hb | hb | hb <;>
    simp [Nat.add_mod, Nat.mul_mod, ha, hb] at h ⊢

/-- [4] The product of three consecutive numbers is a multiple of six. -/
theorem six_divides_three_consecutive (n : Nat) : n * (n + 1) * (n + 2) % 6 = 0 := by
  have h : n % 6 = 0 ∨ n % 6 = 1 ∨ n % 6 = 2 ∨ n % 6 = 3 ∨ n % 6 = 4 ∨ n % 6 = 5 := by omega
  rcases h with h | h | h | h | h | h <;> simp [Nat.mul_mod, Nat.add_mod, h]

/-- [4] Eight divides one less than every even power of three. -/
theorem even_power_of_three (n : Nat) : 3 ^ (2 * n) % 8 = 1 := by
  rw [Nat.pow_mul]
  induction n with
  | zero => rfl
  | succ n ih => rw [Nat.pow_succ]; omega

/-- [4] A power of two is one, two or four modulo seven. -/
theorem power_of_two_mod_seven (n : Nat) :
    2 ^ n % 7 = 1 ∨ 2 ^ n % 7 = 2 ∨ 2 ^ n % 7 = 4 := by
  induction n with
  | zero => left; rfl
  | succ n ih => rw [Nat.pow_succ]; omega

/-- [5] Six divides the cube of a number plus five times the number. -/
theorem six_divides_cube_plus (n : Nat) : 6 ∣ n ^ 3 + 5 * n := by
  apply Nat.dvd_of_mod_eq_zero
  have h : n % 6 = 0 ∨ n % 6 = 1 ∨ n % 6 = 2 ∨ n % 6 = 3 ∨ n % 6 = 4 ∨ n % 6 = 5 := by omega
  rcases h with h | h | h | h | h | h <;> simp [Nat.pow_mod, Nat.mul_mod, Nat.add_mod, h]

/-- [5] Five divides the difference of the fifth power of an integer and the integer. -/
theorem five_divides_fifth_power (n : Int) : (n ^ 5 - n) % 5 = 0 := by
  have e : n ^ 5 - n = n * ((n * n) * (n * n) - 1) := by grind
  have h : n % 5 = 0 ∨ n % 5 = 1 ∨ n % 5 = 2 ∨ n % 5 = 3 ∨ n % 5 = 4 := by omega
  rw [e]
  rcases h with h | h | h | h | h <;> simp [Int.mul_emod, Int.sub_emod, h]

/-- [3] Above every number there is a multiple of seven. -/
theorem multiple_of_seven_above (n : Nat) : ∃ m, n < m ∧ 7 ∣ m := by
  exact ⟨7 * (n + 1), by omega, Nat.dvd_mul_right 7 (n + 1)⟩

/-- [5] Every positive number is a power of two times an odd number. -/
theorem power_of_two_times_odd (n : Nat) (h : 0 < n) : ∃ a b, b % 2 = 1 ∧ n = 2 ^ a * b := by
  induction n using Nat.strongRecOn with
  | ind n ih =>
    have c : n % 2 = 0 ∨ n % 2 = 1 := by omega
    rcases c with c | c
    · obtain ⟨a, b, hb, e⟩ := ih (n / 2) (by omega) (by omega)
      refine ⟨a + 1, b, hb, ?_⟩
      rw [Nat.pow_succ, Nat.mul_comm (2 ^ a) 2, Nat.mul_assoc, ← e]
      omega
    · exact ⟨0, n, c, by simp⟩
