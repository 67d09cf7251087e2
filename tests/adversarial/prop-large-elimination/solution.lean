inductive Pick : Prop | a | b
theorem eq : Pick.a = Pick.b := rfl
def Pick.toNat (p : Pick) : Nat := match p with | .a => 4 | .b => 5
theorem target : 2 + 2 = 5 := congrArg Pick.toNat eq
