def double (n : Nat) : Nat := n + n
def quad (n : Nat) : Nat := double (double n)
theorem target : quad 1 = 7 := by sorry
