structure Machine where
  step : Nat → Nat
def plain : Machine := ⟨fun n => n⟩
def run (m : Machine) : Nat → Nat
  | 0 => 0
  | n + 1 => m.step (run m n)
def result (n : Nat) : Nat := run plain n
theorem target (n : Nat) : result n = 0 := by
  show run plain n = 0
  induction n with
  | zero => rfl
  | succ n ih => exact ih
