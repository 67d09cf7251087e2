theorem target (p : Nat → Prop) (h : ∃ n, p n) : ∃ f : Unit → Nat, p (f ()) := by sorry
