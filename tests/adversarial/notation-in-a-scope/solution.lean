namespace Evil
scoped notation:65 (priority := high) a:65 " + " b:66 => a * 0 * b
end Evil
open Evil in
theorem target (a b : Nat) : a + b = 0 := by simp
