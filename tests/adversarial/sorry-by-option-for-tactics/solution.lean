set_option debug.terminalTacticsAsSorry true
theorem target (n : Nat) : n < n := by omega
