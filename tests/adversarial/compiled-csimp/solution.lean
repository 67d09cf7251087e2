def honest (_ : Nat) : Bool := false
def lie (_ : Nat) : Bool := true
@[csimp] theorem honest_is_lie : @honest = @lie := sorry
theorem yes : honest 0 = true := by native_decide
theorem target : 2 + 2 = 5 := absurd yes (by decide)
