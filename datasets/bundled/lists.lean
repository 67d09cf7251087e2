import Std

/-- The sum of a list of numbers. -/
def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

/-- A list turned round, one element at a time. -/
def turn {α : Type} : List α → List α
  | [] => []
  | x :: xs => turn xs ++ [x]

/-- A list turned round onto another one. -/
def turnOnto {α : Type} : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => turnOnto xs (x :: acc)

/-- Every element twice. -/
def stutter {α : Type} : List α → List α
  | [] => []
  | x :: xs => x :: x :: stutter xs

/-- How often a number occurs. -/
def occurrences (n : Nat) : List Nat → Nat
  | [] => 0
  | x :: xs => (if x = n then 1 else 0) + occurrences n xs

/-- Two lists, an element of each in turn. -/
def weave {α : Type} : List α → List α → List α
  | [], ys => ys
  | x :: xs, ys => x :: weave ys xs
termination_by xs ys => xs.length + ys.length

/-- A number put into a list before the first one that is not smaller. -/
def insertSorted (n : Nat) : List Nat → List Nat
  | [] => [n]
  | x :: xs => if n ≤ x then n :: x :: xs else x :: insertSorted n xs

/-- Whether a list never falls. -/
def ascending : List Nat → Bool
  | [] => true
  | [_] => true
  | x :: y :: rest => decide (x ≤ y) && ascending (y :: rest)

/-- Insertion sort. -/
def sortList : List Nat → List Nat
  | [] => []
  | x :: xs => insertSorted x (sortList xs)

/-- The largest number of a list, or zero. -/
def largest : List Nat → Nat
  | [] => 0
  | x :: xs => max x (largest xs)

/-- [1] One, two and three add up to six. -/
theorem total_example : total [1, 2, 3] = 6 := by
  rfl

/-- [1] The length of two lists joined is the sum of their lengths. -/
theorem joined_length {α : Type} (xs ys : List α) :
    (xs ++ ys).length = xs.length + ys.length := by
  simp

/-- [1] Turning a list round twice restores it (for the library's reversal). -/
theorem reversed_twice {α : Type} (xs : List α) : xs.reverse.reverse = xs := by
  simp

/-- [1] Applying a function to all elements does not change the length. -/
theorem mapped_length {α β : Type} (f : α → β) (xs : List α) : (xs.map f).length = xs.length := by
  simp

/-- [1] Something is in two lists joined when it is in one of them. -/
theorem in_joined {α : Type} (a : α) (xs ys : List α) : a ∈ xs ++ ys ↔ a ∈ xs ∨ a ∈ ys := by
  simp

/-- [1] Filtering never makes a list longer. -/
theorem filtered_length {α : Type} (p : α → Bool) (xs : List α) :
    (xs.filter p).length ≤ xs.length := by
  exact List.length_filter_le p xs

/-- [1] Taking some elements and dropping as many splits a list. -/
theorem take_then_drop {α : Type} (n : Nat) (xs : List α) : xs.take n ++ xs.drop n = xs := by
  simp

/-- [2] The total of two lists joined is the sum of their totals. -/
theorem total_joined (xs ys : List Nat) : total (xs ++ ys) = total xs + total ys := by
  induction xs with
  | nil => simp [total]
  | cons x xs ih => simp [total, ih]; omega

/-- [2] Turning round keeps the length. -/
theorem turn_length {α : Type} (xs : List α) : (turn xs).length = xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [turn, ih]

/-- [2] Stuttering doubles the length. -/
theorem stutter_length {α : Type} (xs : List α) : (stutter xs).length = 2 * xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [stutter, ih]; omega

/-- [2] Occurrences in two lists joined add up. -/
theorem occurrences_joined (n : Nat) (xs ys : List Nat) :
    occurrences n (xs ++ ys) = occurrences n xs + occurrences n ys := by
  induction xs with
  | nil => simp [occurrences]
  | cons x xs ih => simp [occurrences, ih]; omega

/-- [2] Turning round by hand is the library's reversal. -/
theorem turn_eq_reverse {α : Type} (xs : List α) : turn xs = xs.reverse := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [turn, ih]

/-- [2] Stuttering commutes with joining. -/
theorem stutter_joined {α : Type} (xs ys : List α) :
    stutter (xs ++ ys) = stutter xs ++ stutter ys := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [stutter, ih]

/-- [2] Stuttering doubles the total. -/
theorem total_stutter (xs : List Nat) : total (stutter xs) = 2 * total xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [stutter, total, ih]; omega

/-- [3] Weaving two lists adds their lengths. -/
theorem weave_length {α : Type} (xs ys : List α) :
    (weave xs ys).length = xs.length + ys.length := by
  fun_induction weave xs ys with
  | case1 => simp
  | case2 ys x xs ih => simp [ih]; omega

/-- [3] Inserting adds one element. -/
theorem insertSorted_length (n : Nat) (xs : List Nat) :
    (insertSorted n xs).length = xs.length + 1 := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    simp only [insertSorted]
    split <;> simp [ih]

/-- [3] Turning round onto a list is turning round and joining. -/
theorem turnOnto_eq {α : Type} (xs acc : List α) : turnOnto xs acc = turn xs ++ acc := by
  induction xs generalizing acc with
  | nil => rfl
  | cons x xs ih => simp [turnOnto, turn, ih]

/-- [3] Turning two joined lists round turns each and exchanges them. -/
theorem turn_joined {α : Type} (xs ys : List α) : turn (xs ++ ys) = turn ys ++ turn xs := by
  induction xs with
  | nil => simp [turn]
  | cons x xs ih => simp [turn, ih]

/-- [3] Every element of a list is at most the largest. -/
theorem le_largest (xs : List Nat) (a : Nat) (h : a ∈ xs) : a ≤ largest xs := by
  induction xs with
  | nil => simp at h
  | cons x xs ih =>
    simp only [largest]
    rcases List.mem_cons.mp h with rfl | h
    · omega
    · have := ih h
      omega

/-- [3] Every element of a list of numbers is at most the total. -/
theorem le_total (xs : List Nat) (a : Nat) (h : a ∈ xs) : a ≤ total xs := by
  induction xs with
  | nil => simp at h
  | cons x xs ih =>
    simp only [total]
    rcases List.mem_cons.mp h with rfl | h
    · omega
    · have := ih h
      omega

/-- [3] Inserting adds the number to the total. -/
theorem total_insertSorted (n : Nat) (xs : List Nat) :
    total (insertSorted n xs) = n + total xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    simp only [insertSorted]
    split <;> simp [total, ih] <;> omega

/-- [4] Turning round by hand twice restores the list. -/
theorem turn_twice {α : Type} (xs : List α) : turn (turn xs) = xs := by
  have step : ∀ (ys : List α) (a : α), turn (ys ++ [a]) = a :: turn ys := by
    intro ys a
    induction ys with
    | nil => rfl
    | cons y ys ih => simp [turn, ih]
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [turn, step, ih]

/-- [4] The total is at most the length times the largest. -/
theorem total_le_length_largest (xs : List Nat) : total xs ≤ xs.length * largest xs := by
  induction xs with
  | nil => simp [total]
  | cons x xs ih =>
    simp only [total, largest, List.length_cons]
    have h := Nat.mul_le_mul (Nat.le_refl xs.length) (Nat.le_max_right x (largest xs))
    have k := Nat.le_max_left x (largest xs)
    have e : (xs.length + 1) * max x (largest xs) =
        xs.length * max x (largest xs) + max x (largest xs) := by grind
    omega

/-- [4] Sorting keeps the number of occurrences of each number. -/
theorem sort_keeps_occurrences (n : Nat) (xs : List Nat) :
    occurrences n (sortList xs) = occurrences n xs := by
  have step : ∀ (a : Nat) (ys : List Nat),
      occurrences n (insertSorted a ys) = (if a = n then 1 else 0) + occurrences n ys := by
    intro a ys
    induction ys with
    | nil => rfl
    | cons y ys ih =>
      simp only [insertSorted]
      split <;> simp only [occurrences, ih] <;> omega
  induction xs with
  | nil => rfl
  | cons x xs ih => simp only [sortList, step, occurrences, ih]

/-- [5] Inserting into an ascending list leaves it ascending. -/
theorem insertSorted_ascending (n : Nat) (xs : List Nat) (h : ascending xs = true) :
    ascending (insertSorted n xs) = true := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    cases xs with
    | nil => simp only [insertSorted]; split <;> simp [ascending] <;> omega
    | cons y ys =>
      simp only [ascending, Bool.and_eq_true, decide_eq_true_eq] at h
      have ih := ih h.2
      simp only [insertSorted] at ih ⊢
      split
      · rename_i a
        simp only [ascending, Bool.and_eq_true, decide_eq_true_eq]
        exact ⟨a, h⟩
      · split at ih
        · rename_i a b
          rw [if_pos b]
          simp only [ascending, Bool.and_eq_true, decide_eq_true_eq]
          exact ⟨by omega, b, h.2⟩
        · rename_i a b
          rw [if_neg b]
          simp only [ascending, Bool.and_eq_true, decide_eq_true_eq] at ih ⊢
          exact ⟨h.1, ih⟩

/-- [5] Insertion sort gives an ascending list. -/
theorem sortList_ascending (xs : List Nat) : ascending (sortList xs) = true := by
  have step : ∀ (n : Nat) (xs : List Nat), ascending xs = true →
      ascending (insertSorted n xs) = true := by
    intro n xs h
    induction xs with
    | nil => rfl
    | cons x xs ih =>
      cases xs with
      | nil => simp only [insertSorted]; split <;> simp [ascending] <;> omega
      | cons y ys =>
        simp only [ascending, Bool.and_eq_true, decide_eq_true_eq] at h
        have ih := ih h.2
        simp only [insertSorted] at ih ⊢
        split
        · rename_i a
          simp only [ascending, Bool.and_eq_true, decide_eq_true_eq]
          exact ⟨a, h⟩
        · split at ih
          · rename_i a b
            rw [if_pos b]
            simp only [ascending, Bool.and_eq_true, decide_eq_true_eq]
            exact ⟨by omega, b, h.2⟩
          · rename_i a b
            rw [if_neg b]
            simp only [ascending, Bool.and_eq_true, decide_eq_true_eq] at ih ⊢
            exact ⟨h.1, ih⟩
  induction xs with
  | nil => rfl
  | cons x xs ih => exact step x _ ih

/-- [4] Turning round onto nothing, twice, restores a list. -/
theorem turnOnto_twice {α : Type} (xs : List α) : turnOnto (turnOnto xs []) [] = xs := by
  have step : ∀ xs acc : List α, turnOnto xs acc = xs.reverse ++ acc := by
    intro xs
    induction xs with
    | nil => intro acc; rfl
    | cons x xs ih => intro acc; simp [turnOnto, ih]
  simp [step]

/-- [3] In an ascending list the first number is at most the third. -/
theorem ascending_first_two (x y z : Nat) (rest : List Nat)
    (h : ascending (x :: y :: z :: rest) = true) : x ≤ z := by
  simp only [ascending, Bool.and_eq_true, decide_eq_true_eq] at h
  exact Nat.le_trans h.1 h.2.1
