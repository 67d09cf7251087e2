import Init.Prelude
/-! The kernel computes `Nat.gcd` in its own way, whatever it is declared to be. -/
def Nat.gcd (_ _ : Nat) : Nat := 0
theorem zero (a b : Nat) : @Eq Nat (Nat.gcd a b) 0 := rfl
theorem two : @Eq Nat (Nat.gcd 4 6) 2 := rfl
theorem target : @Eq Nat 0 2 := Eq.rec (motive := fun x _ => @Eq Nat x 2) two (zero 4 6)
