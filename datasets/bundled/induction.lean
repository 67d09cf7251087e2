import Std

/-- The sum of the numbers from one to `n`. -/
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

/-- The sum of the first `n` odd numbers. -/
def sumOdd : Nat → Nat
  | 0 => 0
  | n + 1 => sumOdd n + (2 * n + 1)

/-- The sum of the squares from one to `n`. -/
def sumSquares : Nat → Nat
  | 0 => 0
  | n + 1 => sumSquares n + (n + 1) * (n + 1)

/-- The sum of the cubes from one to `n`. -/
def sumCubes : Nat → Nat
  | 0 => 0
  | n + 1 => sumCubes n + (n + 1) * (n + 1) * (n + 1)

/-- The sum of the first `n` powers of two. -/
def sumPowers : Nat → Nat
  | 0 => 0
  | n + 1 => sumPowers n + 2 ^ n

/-- The product of the numbers from one to `n`. -/
def fact : Nat → Nat
  | 0 => 1
  | n + 1 => (n + 1) * fact n

/-- The Fibonacci numbers, from 0 and 1. -/
def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

/-- The sum of the Fibonacci numbers before the `n`-th. -/
def sumFib : Nat → Nat
  | 0 => 0
  | n + 1 => sumFib n + fib n

/-- The moves that the tower of Hanoi with `n` discs takes. -/
def hanoi : Nat → Nat
  | 0 => 0
  | n + 1 => 2 * hanoi n + 1

/-- Twice a number, by counting. -/
def twice : Nat → Nat
  | 0 => 0
  | n + 1 => twice n + 2

/-- Whether a number is even, by counting down. -/
def isEven : Nat → Bool
  | 0 => true
  | n + 1 => !isEven n

/-- A sequence that starts at one and goes from `x` to `3 x + 1`. -/
def climb : Nat → Nat
  | 0 => 1
  | n + 1 => 3 * climb n + 1

/-- Ackermann's function. -/
def ack : Nat → Nat → Nat
  | 0, n => n + 1
  | m + 1, 0 => ack m 1
  | m + 1, n + 1 => ack m (ack (m + 1) n)

/-- [1] The numbers from one to five add up to fifteen. -/
theorem sumTo_five : sumTo 5 = 15 := by
  rfl

/-- [1] The tenth Fibonacci number is fifty-five. -/
theorem fib_ten : fib 10 = 55 := by
  rfl

/-- [1] Five factorial is one hundred and twenty. -/
theorem fact_five : fact 5 = 120 := by
  rfl

/-- [1] Each Fibonacci number is the sum of the two before it. -/
theorem fib_step (n : Nat) : fib (n + 2) = fib n + fib (n + 1) := by
  rfl

/-- [2] Counting by twos is doubling. -/
theorem twice_eq (n : Nat) : twice n = 2 * n := by
  induction n with
  | zero => rfl
  | succ n ih => simp [twice, ih]; omega

/-- [2] Twice the sum from one to n is n times its successor. -/
theorem gauss_sum (n : Nat) : 2 * sumTo n = n * (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih => simp only [sumTo]; grind

/-- [2] The first n odd numbers add up to the square of n. -/
theorem sum_of_odds (n : Nat) : sumOdd n = n * n := by
  induction n with
  | zero => rfl
  | succ n ih => simp only [sumOdd]; grind

/-- [2] The first n powers of two add up to one less than the next. -/
theorem sum_of_powers (n : Nat) : sumPowers n + 1 = 2 ^ n := by
  induction n with
  | zero => rfl
  | succ n ih => simp only [sumPowers, Nat.pow_succ]; omega

/-- [2] The tower of Hanoi takes one move less than a power of two. -/
theorem hanoi_moves (n : Nat) : hanoi n + 1 = 2 ^ n := by
  induction n with
  | zero => rfl
  | succ n ih => simp only [hanoi, Nat.pow_succ]; omega

/-- [2] A factorial is positive. -/
theorem fact_positive (n : Nat) : 0 < fact n := by
  induction n with
  | zero => decide
  | succ n ih => simp only [fact]; exact Nat.mul_pos (by omega) ih

/-- [2] The climbing sequence in closed form. -/
theorem climb_closed (n : Nat) : 2 * climb n + 1 = 3 ^ (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih => simp only [climb]; rw [Nat.pow_succ]; omega

/-- [3] Six times the sum of the squares up to n. -/
theorem sum_of_squares (n : Nat) : 6 * sumSquares n = n * (n + 1) * (2 * n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih => simp only [sumSquares]; grind

/-- [3] The sum from one to n grows with n. -/
theorem sumTo_monotone (m n : Nat) (h : m ≤ n) : sumTo m ≤ sumTo n := by
  induction h with
  | refl => exact Nat.le_refl _
  | step _ ih => simp only [sumTo]; omega

/-- [3] Counting down decides evenness. -/
theorem isEven_iff (n : Nat) : isEven n = true ↔ n % 2 = 0 := by
  induction n with
  | zero => simp [isEven]
  | succ n ih =>
    simp only [isEven, Bool.not_eq_true']
    cases h : isEven n <;> simp [h] at ih ⊢ <;> omega

/-- [3] The Fibonacci numbers before the n-th add up to one less than the one after it. -/
theorem sum_of_fibs (n : Nat) : sumFib n + 1 = fib (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih => simp only [sumFib, fib] at *; omega

/-- [3] Fibonacci numbers after the first are positive. -/
theorem fib_positive (n : Nat) : 0 < fib (n + 1) := by
  induction n with
  | zero => decide
  | succ n ih => simp only [fib] at *; omega

/-- [3] Two to the power n is at most the factorial of n + 1. -/
theorem power_le_fact (n : Nat) : 2 ^ n ≤ fact (n + 1) := by
  induction n with
  | zero => decide
  | succ n ih =>
    rw [Nat.pow_succ, fact, Nat.mul_comm]
    exact Nat.mul_le_mul (by omega) ih

/-- [4] The cubes up to n add up to the square of the sum up to n: Nicomachus' theorem. -/
theorem nicomachus (n : Nat) : sumCubes n = sumTo n * sumTo n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    have g : ∀ k, 2 * sumTo k = k * (k + 1) := by
      intro k
      induction k with
      | zero => rfl
      | succ k ik => simp only [sumTo]; grind
    have square : ∀ a b : Nat, (a + b) * (a + b) = a * a + 2 * a * b + b * b := by
      intro a b
      simp only [Nat.mul_add, Nat.add_mul, Nat.mul_comm b a, Nat.two_mul]
      omega
    rw [sumCubes, sumTo, square (sumTo n) (n + 1), ih, g n, Nat.add_assoc (sumTo n * sumTo n),
      ← Nat.add_mul]
    have next : n * (n + 1) + (n + 1) = (n + 1) * (n + 1) := (Nat.succ_mul n (n + 1)).symm
    rw [next]

/-- [4] A Fibonacci number is at most a power of two. -/
theorem fib_le_power (n : Nat) : fib n ≤ 2 ^ n := by
  have h : fib n ≤ 2 ^ n ∧ fib (n + 1) ≤ 2 ^ (n + 1) := by
    induction n with
    | zero => decide
    | succ n ih =>
      refine ⟨ih.2, ?_⟩
      have := ih.1
      have := ih.2
      simp only [fib, Nat.pow_succ] at *
      omega
  exact h.1

/-- [4] Every third Fibonacci number is even. -/
theorem third_fib_even (n : Nat) : fib (3 * n) % 2 = 0 := by
  induction n with
  | zero => rfl
  | succ n ih =>
    have : 3 * (n + 1) = 3 * n + 1 + 2 := by omega
    rw [this]
    simp only [fib]
    omega

/-- [4] Every number from one to n divides the factorial of n. -/
theorem divides_fact (n k : Nat) (hk : 0 < k) (h : k ≤ n) : k ∣ fact n := by
  induction n with
  | zero => omega
  | succ n ih =>
    simp only [fact]
    rcases Nat.lt_or_ge n k with l | l
    · have : k = n + 1 := by omega
      subst this
      exact Nat.dvd_mul_right _ _
    · exact Nat.dvd_mul_left_of_dvd (ih l) _

/-- [5] The addition law of the Fibonacci numbers. -/
theorem fib_addition (m n : Nat) :
    fib (m + n + 1) = fib m * fib n + fib (m + 1) * fib (n + 1) := by
  induction n generalizing m with
  | zero => simp [fib]
  | succ n ih =>
    have h := ih (m + 1)
    have e : m + (n + 1) + 1 = m + 1 + n + 1 := by omega
    rw [e, h]
    simp only [fib]
    grind

/-- [5] Cassini's identity at the odd places, where its sign is plus. -/
theorem cassini (n : Nat) :
    fib (2 * n + 1) * fib (2 * n + 1) = fib (2 * n) * fib (2 * n + 2) + 1 := by
  induction n with
  | zero => rfl
  | succ n ih =>
    have e : 2 * (n + 1) = 2 * n + 2 := by omega
    rw [e]
    simp only [fib] at *
    grind

/-- [5] Ackermann's function exceeds its second argument. -/
theorem ack_exceeds (m n : Nat) : n < ack m n := by
  induction m generalizing n with
  | zero => simp [ack]
  | succ m ih =>
    induction n with
    | zero => simp only [ack]; exact Nat.lt_trans Nat.zero_lt_one (ih 1)
    | succ n ihn =>
      simp only [ack]
      have := ih (ack (m + 1) n)
      omega

/-- [4] Every fifth Fibonacci number is a multiple of five. -/
theorem fifth_fib (n : Nat) : fib (5 * n) % 5 = 0 := by
  induction n with
  | zero => rfl
  | succ n ih =>
    have : 5 * (n + 1) = 5 * n + 1 + 1 + 1 + 2 := by omega
    rw [this]
    simp only [fib]
    omega

/-- [3] The sum of two consecutive triangular numbers is a square. -/
theorem two_triangles (n : Nat) : sumTo n + sumTo (n + 1) = (n + 1) * (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih =>
    have e : (n + 1 + 1) * (n + 1 + 1) = (n + 1) * (n + 1) + 2 * n + 3 := by grind
    rw [e, ← ih]
    simp only [sumTo]
    omega

/-- [5] Ackermann's function with first argument two is 2n + 3. -/
theorem ack_two (n : Nat) : ack 2 n = 2 * n + 3 := by
  have zero : ∀ n, ack 0 n = n + 1 := by
    intro n
    simp [ack]
  have one : ∀ n, ack 1 n = n + 2 := by
    intro n
    induction n with
    | zero => rw [show ack 1 0 = ack 0 1 from ack.eq_2 0, zero]
    | succ n ih => rw [show ack 1 (n + 1) = ack 0 (ack 1 n) from ack.eq_3 0 n, zero, ih]
  induction n with
  | zero => rw [show ack 2 0 = ack 1 1 from ack.eq_2 1, one]
  | succ n ih =>
    rw [show ack 2 (n + 1) = ack 1 (ack 2 n) from ack.eq_3 1 n, ih, one]
    omega
