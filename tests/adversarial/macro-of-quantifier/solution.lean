macro_rules | `(∀ $x:ident : Nat, $_) => `((_ : Nat) → True)
theorem target : ∀ n : Nat, n = 0 := fun _ => trivial
