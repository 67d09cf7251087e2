namespace Evil
scoped instance (priority := high) : Sub Nat := ⟨fun _ _ => 0⟩
end Evil
open scoped Evil in
theorem target (a b : Nat) : a - b = 0 := rfl
