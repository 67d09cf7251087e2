import Std

/-- [1] In eight bits, 200 and 100 add up to 44. -/
theorem byte_overflow : (200#8) + (100#8) = 44#8 := by
  decide

/-- [1] Exclusive or of a word with itself is zero. -/
theorem xor_self_zero (x : BitVec 32) : x ^^^ x = 0#32 := by
  simp

/-- [1] Negating all bits twice restores a word. -/
theorem not_not_word (x : BitVec 16) : ~~~ (~~~ x) = x := by
  simp

/-- [1] And does not depend on the order. -/
theorem and_order (x y : BitVec 64) : x &&& y = y &&& x := by
  exact BitVec.and_comm x y

/-- [1] A word and zero is zero. -/
theorem and_zero_word (x : BitVec 8) : x &&& 0#8 = 0#8 := by
  simp

/-- [1] Adding words does not depend on the order, for every width. -/
theorem add_order {w : Nat} (x y : BitVec w) : x + y = y + x := by
  exact BitVec.add_comm x y

/-- [1] A word less itself is zero. -/
theorem sub_self_word {w : Nat} (x : BitVec w) : x - x = 0#w := by
  simp

/-- [1] Exclusive or with zero changes nothing. -/
theorem xor_zero_word {w : Nat} (x : BitVec w) : x ^^^ 0#w = x := by
  simp

/-- [1] In two bits, a square is zero or one. -/
theorem two_bit_squares : ∀ x : BitVec 2, x * x = 0#2 ∨ x * x = 1#2 := by
  decide

/-- [1] Exclusive or with the same word twice restores a word. -/
theorem xor_twice {w : Nat} (x y : BitVec w) : (x ^^^ y) ^^^ y = x := by
  rw [BitVec.xor_assoc, BitVec.xor_self, BitVec.xor_zero]

/-- [1] De Morgan's law for words. -/
theorem not_and_word {w : Nat} (x y : BitVec w) : ~~~ (x &&& y) = ~~~ x ||| ~~~ y := by
  ext i
  simp

/-- [3] Two's complement: the negative is the complement plus one. -/
theorem negative_is_complement_plus_one {w : Nat} (x : BitVec w) : -x = ~~~ x + 1#w := by
  exact BitVec.neg_eq_not_add x

/-- [1] And distributes over or, bit by bit. -/
theorem and_over_or_word {w : Nat} (x y z : BitVec w) :
    x &&& (y ||| z) = (x &&& y) ||| (x &&& z) := by
  ext i
  simp [Bool.and_or_distrib_left]

/-- [3] Words with the same number are equal. -/
theorem equal_by_number {w : Nat} (x y : BitVec w) (h : x.toNat = y.toNat) : x = y := by
  exact BitVec.eq_of_toNat_eq h

/-- [1] The exchange of two words by three exclusive ors works. -/
theorem xor_exchange {w : Nat} (x y : BitVec w) :
    let a := x ^^^ y
    let b := a ^^^ y
    let c := a ^^^ b
    b = x ∧ c = y := by
  refine ⟨?_, ?_⟩
  · ext i
    simp
  · ext i
    simp only [BitVec.getElem_xor]
    cases x[i] <;> cases y[i] <;> rfl
