def sum : List Nat → Nat
  | [] => 0
  | _ :: xs => sum xs
theorem target (xs : List Nat) : sum xs = 0 := by
  induction xs with
  | nil => rfl
  | cons _ _ ih => exact ih
