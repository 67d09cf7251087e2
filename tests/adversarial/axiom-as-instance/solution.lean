class Magic : Prop where
  all : 2 + 2 = 5
@[instance] axiom magic : Magic
theorem target : 2 + 2 = 5 := Magic.all
