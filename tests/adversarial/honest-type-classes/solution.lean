class Monoid' (α : Type) extends Mul α, One α where
  mul_assoc : ∀ a b c : α, a * b * c = a * (b * c)
  one_mul : ∀ a : α, 1 * a = a
  mul_one : ∀ a : α, a * 1 = a
instance : Monoid' Nat where
  mul_assoc := Nat.mul_assoc
  one_mul := Nat.one_mul
  mul_one := Nat.mul_one
theorem target (α : Type) [Monoid' α] (e : α) (h : ∀ a : α, e * a = a) : e = 1 := by
  rw [← Monoid'.mul_one e, h]
