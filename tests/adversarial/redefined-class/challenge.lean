class Group (α : Type) where
  mul : α → α → α
theorem target (α : Type) [Group α] (a b : α) : Group.mul a b = Group.mul b a := by sorry
