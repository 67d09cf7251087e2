structure Positive where
  val : Nat
  pos : 0 < val
instance : CoeOut Positive Nat := ⟨Positive.val⟩
instance : CoeFun Positive (fun _ => Nat → Nat) := ⟨fun p n => p.val * n⟩
theorem applied (p : Positive) (n : Nat) : p n = p.val * n := rfl
theorem target (p : Positive) : (p : Nat) ≠ 0 := Nat.pos_iff_ne_zero.mp p.pos
