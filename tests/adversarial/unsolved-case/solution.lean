theorem target (n : Nat) : n < n + n := by
  cases n with
  | zero => skip
  | succ n => omega
