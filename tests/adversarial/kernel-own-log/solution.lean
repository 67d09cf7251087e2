import Init.Prelude
def Nat.log2 (_ : Nat) : Nat := 7
theorem seven (n : Nat) : @Eq Nat (Nat.log2 n) 7 := rfl
theorem three : @Eq Nat (Nat.log2 8) 3 := rfl
theorem target : @Eq Nat 7 3 := Eq.rec (motive := fun x _ => @Eq Nat x 3) three (seven 8)
