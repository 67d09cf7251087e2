local instance (priority := high) evil : HAdd Nat Nat Nat := ⟨fun _ _ => 5⟩
theorem target : @HAdd.hAdd Nat Nat Nat evil 2 2 = 5 := rfl
