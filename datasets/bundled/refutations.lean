import Std

theorem not_refutable_sub_add : ¬ ∀ a b : Nat, a - b + b = a := by
  exact fun h => absurd (h 0 1) (by decide)

theorem not_refutable_below_square : ¬ ∀ n : Nat, n < n * n := by
  exact fun h => absurd (h 0) (by decide)

theorem not_refutable_converse : ¬ ∀ p q : Prop, (p → q) → q → p := by
  exact fun h => h False True (fun _ => trivial) trivial

theorem not_refutable_left : ¬ ∀ p q : Prop, p ∨ q → p := by
  exact fun h => h False True (Or.inr trivial)

theorem not_refutable_square_of_sum :
    ¬ ∀ a b : Nat, (a + b) * (a + b) = a * a + b * b := by
  exact fun h => absurd (h 1 1) (by decide)

theorem not_refutable_join_order : ¬ ∀ xs ys : List Nat, xs ++ ys = ys ++ xs := by
  exact fun h => absurd (h [0] [1]) (by decide)

theorem not_refutable_one_to_one : ¬ ∀ (f : Nat → Nat) (x y : Nat), f x = f y → x = y := by
  exact fun h => absurd (h (fun _ => 0) 0 1 rfl) (by decide)

theorem not_refutable_largest : ¬ ∃ n : Nat, ∀ m : Nat, m ≤ n := by
  exact fun ⟨n, h⟩ => absurd (h (n + 1)) (by omega)

theorem not_refutable_no_multiple : ¬ ∀ n : Nat, 0 < n → (n * n + n + 11) % 11 ≠ 0 := by
  exact fun h => h 11 (by decide) (by decide)

theorem not_refutable_quantifiers : ¬ ∃ y : Nat, ∀ x : Nat, x < y := by
  exact fun ⟨y, h⟩ => absurd (h y) (by omega)

theorem not_refutable_reflexive :
    ¬ ∀ r : Nat → Nat → Prop, (∀ x y, r x y → r y x) → (∀ x y z, r x y → r y z → r x z) →
      ∀ x, r x x := by
  exact fun h => h (fun _ _ => False) (fun _ _ k => k) (fun _ _ _ k _ => k) 0
