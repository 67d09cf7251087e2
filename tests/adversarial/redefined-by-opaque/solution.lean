opaque Claim : Prop := True
theorem target : Claim ∨ ¬Claim → Claim := fun h => h.elim id (fun _ => by sorry)
