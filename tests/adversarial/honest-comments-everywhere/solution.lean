/-! # A module comment: theorem target : False := sorry -/
/- nested /- comments -/ with `sorry` -/
/-- A docstring that says axiom. -/
theorem /- here -/ helper (a b : Nat) : /- there -/ a ≤ a + b := by -- sorry
  -- omega would do
  exact Nat.le_add_right a b -- done
/-- Another. -/
theorem target (a b : Nat) : a ≤ a + b := helper a b /- end -/
