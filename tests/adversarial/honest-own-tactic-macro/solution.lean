syntax "split_all" : tactic
macro_rules
  | `(tactic| split_all) => `(tactic| repeat' (first | assumption | apply And.intro))
theorem target (p q r : Prop) (hp : p) (hq : q) (hr : r) : (p ∧ q) ∧ (r ∧ p) := by split_all
