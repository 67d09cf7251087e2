open Classical in
noncomputable def pick (p : Nat → Prop) (h : ∃ n, p n) : Nat := choose h
noncomputable section
def least (p : Nat → Prop) : Nat := by classical exact if h : ∃ n, p n then pick p h else 0
end
theorem target (p : Nat → Prop) (h : ∃ n, p n) : ∃ f : Unit → Nat, p (f ()) :=
  ⟨fun _ => pick p h, Classical.choose_spec h⟩
