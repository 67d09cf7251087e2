class Group (α : Type) where
  mul : α → α → α
  comm : ∀ a b, mul a b = mul b a
theorem target (α : Type) [Group α] (a b : α) : Group.mul a b = Group.mul b a := Group.comm a b
