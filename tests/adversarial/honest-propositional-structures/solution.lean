structure Between (a b c : Nat) : Prop where
  left : a ≤ b
  right : b ≤ c
inductive Unit'.{u} : Sort u | unit
structure Both.{u, v} (α : Sort u) (β : Sort v) where
  one : α
  two : β
inductive Accessible {α : Type} (r : α → α → Prop) : α → Prop
  | intro (a : α) (h : ∀ b, r b a → Accessible r b) : Accessible r a
theorem accessible (n : Nat) : Accessible (· < ·) n := by
  induction n using Nat.strongRecOn with
  | _ n ih => exact .intro n ih
theorem target (a b c : Nat) (h : Between a b c) : a ≤ c := Nat.le_trans h.left h.2
