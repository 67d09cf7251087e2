inductive Parity | even | odd deriving DecidableEq
instance : Add Parity := ⟨fun a b => if a = b then .even else .odd⟩
instance : Inhabited Parity := ⟨.even⟩
theorem Parity.add_comm (a b : Parity) : a + b = b + a := by cases a <;> cases b <;> rfl
instance (p : Bool × Bool → Prop) [∀ x, Decidable (p x)] : Decidable (∀ x, p x) :=
  decidable_of_iff (p (true, true) ∧ p (true, false) ∧ p (false, true) ∧ p (false, false))
    ⟨fun ⟨a, b, c, d⟩ x => by rcases x with ⟨_ | _, _ | _⟩ <;> assumption, fun h => ⟨h _, h _, h _, h _⟩⟩
theorem target : ∀ a b : Bool × Bool, a = b ∨ a ≠ b := by decide
