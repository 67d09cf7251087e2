structure Positive where
  val : Nat
  pos : 0 < val
instance : CoeOut Positive Nat := ⟨Positive.val⟩
theorem target (p : Positive) : (p : Nat) ≠ 0 := by sorry
