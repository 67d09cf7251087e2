import Std

/-- Whether a list of characters reads the same from both ends. -/
def palindrome (s : List Char) : Bool :=
  s == s.reverse

/-- How often a character occurs. -/
def count (c : Char) : List Char → Nat
  | [] => 0
  | d :: rest => (if d = c then 1 else 0) + count c rest

/-- [1] Joining two words, letter by letter. -/
theorem join_words : "Lean" ++ "4" = "Lean4" := by
  decide

/-- [1] The length of a word. -/
theorem length_of_lemma : "lemma".length = 5 := by
  decide

/-- [1] The letter after a is b. -/
theorem letter_after_a : Char.ofNat ('a'.toNat + 1) = 'b' := by
  decide

/-- [1] A word that reads the same from both ends. -/
theorem level_is_palindrome : palindrome ['l', 'e', 'v', 'e', 'l'] = true := by
  decide

/-- [1] The length of two strings joined is the sum of their lengths. -/
theorem joined_string_length (s t : String) : (s ++ t).length = s.length + t.length := by
  simp

/-- [2] One letter is a palindrome. -/
theorem one_letter_palindrome (c : Char) : palindrome [c] = true := by
  simp [palindrome]

/-- [3] Occurrences of a letter in two texts joined add up. -/
theorem count_joined (c : Char) (s t : List Char) : count c (s ++ t) = count c s + count c t := by
  induction s with
  | nil => simp [count]
  | cons d s ih => simp [count, ih]; omega

/-- [3] A text followed by itself turned round is a palindrome. -/
theorem mirrored_is_palindrome (s : List Char) : palindrome (s ++ s.reverse) = true := by
  simp [palindrome]

/-- [4] A text and itself turned round have the same occurrences of a letter. -/
theorem count_reversed (c : Char) (s : List Char) : count c s.reverse = count c s := by
  have joined : ∀ s t : List Char, count c (s ++ t) = count c s + count c t := by
    intro s t
    induction s with
    | nil => simp [count]
    | cons d s ih => simp [count, ih]; omega
  induction s with
  | nil => rfl
  | cons d s ih => simp [joined, count, ih]; omega
