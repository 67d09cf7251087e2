unsafe def cast (n : Nat) : Int := unsafeCast n
partial def forever (n : Nat) : Nat := forever (n + 1)
@[implemented_by cast] def slow (n : Nat) : Int := n
opaque secret : Nat
theorem slow_eq (n : Nat) : slow n = n := rfl
theorem target (n : Nat) : n < n + 1 := by
  have := slow_eq n
  have : secret = secret := rfl
  exact Nat.lt_succ_self n
