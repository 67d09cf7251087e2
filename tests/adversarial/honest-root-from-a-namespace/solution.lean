namespace Work
protected theorem helper (n : Nat) : n + 0 = n := rfl
@[simp] theorem _root_.target (n : Nat) : n + 0 = n := Work.helper n
end Work
