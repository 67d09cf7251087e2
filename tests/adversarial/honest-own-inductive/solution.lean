inductive Even : Nat → Prop | zero : Even 0 | step {n} : Even n → Even (n + 2)
inductive Odd : Nat → Prop | one : Odd 1 | step {n} : Odd n → Odd (n + 2)
theorem total : ∀ n, Even n ∨ Odd n
  | 0 => .inl .zero
  | 1 => .inr .one
  | n + 2 => (total n).elim (.inl ∘ .step) (.inr ∘ .step)
theorem Even.mod {n} (h : Even n) : n % 2 = 0 := by induction h <;> omega
theorem Odd.mod {n} (h : Odd n) : n % 2 = 1 := by induction h <;> omega
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := (total n).imp Even.mod Odd.mod
