set_option autoImplicit true
theorem target {Nat : Prop} : ∀ x : Nat, x = x := fun _ => rfl
