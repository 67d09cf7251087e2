macro_rules | `($_ = $_) => `(True)
theorem target : 2 + 2 = 5 := trivial
