@[elab_as_elim]
theorem twoStep {motive : Nat → Prop} (zero : motive 0) (one : motive 1)
    (more : ∀ n, motive n → motive (n + 2)) : ∀ n, motive n
  | 0 => zero
  | 1 => one
  | n + 2 => more n (twoStep zero one more n)
theorem target (n : Nat) : n % 2 < 2 := by
  induction n using twoStep with
  | zero => decide
  | one => decide
  | more n ih => omega
