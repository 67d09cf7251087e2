namespace Order
variable {α : Type} (r : α → α → Prop)
def Transitive : Prop := ∀ {a b c}, r a b → r b c → r a c
theorem target (h : Transitive r) (s : ∀ a b, r a b → r b a) (a b : α) (k : r a b) : r a a := by sorry
end Order
