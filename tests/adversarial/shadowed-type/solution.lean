namespace Evil
inductive Nat | zero
theorem _root_.target (a b : Nat) : a = b := by cases a; cases b; rfl
end Evil
