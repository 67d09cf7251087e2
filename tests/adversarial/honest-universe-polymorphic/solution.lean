universe a b c
structure Iso (α : Type a) (β : Type b) where
  to : α → β
  back : β → α
  left : ∀ a, back (to a) = a
def Iso.trans {α : Type a} {β : Type b} {γ : Type c} (e : Iso α β) (f : Iso β γ) : Iso α γ where
  to := f.to ∘ e.to
  back := e.back ∘ f.back
  left x := by simp [f.left, e.left]
theorem target (α : Type a) (β : Type b) (γ : Type c) (e : Iso α β) (f : Iso β γ) : Nonempty (Iso α γ) :=
  ⟨e.trans f⟩
