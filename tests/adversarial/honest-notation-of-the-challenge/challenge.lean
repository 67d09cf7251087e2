infixl:65 " ⊞ " => fun (a b : Nat) => a + b + 1
notation "‖" n "‖" => n * n
theorem target (a b : Nat) : ‖a ⊞ b‖ = ‖b ⊞ a‖ := by sorry
