mutual
def isEven : Nat → Bool
  | 0 => true
  | n + 1 => isOdd n
def isOdd : Nat → Bool
  | 0 => false
  | n + 1 => isEven n
end
theorem target (n : Nat) : isEven n = !isOdd n := by
  induction n with
  | zero => simp [isEven, isOdd]
  | succ n ih => simp [isEven, isOdd, ih]
