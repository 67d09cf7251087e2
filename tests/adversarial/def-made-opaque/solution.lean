axiom Claim : Prop
axiom claim : Claim
theorem target : Claim := claim
