namespace Order
section
variable {α : Type} (r : α → α → Prop)
def Transitive : Prop := ∀ {a b c}, r a b → r b c → r a c
variable {r}
private theorem back (s : ∀ a b, r a b → r b a) {a b : α} (k : r a b) : r b a := s a b k
end
variable {α : Type} (r : α → α → Prop)
theorem target (h : Transitive r) (s : ∀ a b, r a b → r b a) (a b : α) (k : r a b) : r a a :=
  h k (back s k)
end Order
