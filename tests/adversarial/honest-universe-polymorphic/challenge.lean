universe u v w
structure Iso (α : Type u) (β : Type v) where
  to : α → β
  back : β → α
  left : ∀ a, back (to a) = a
theorem target (α : Type u) (β : Type v) (γ : Type w) (e : Iso α β) (f : Iso β γ) : Nonempty (Iso α γ) := by sorry
