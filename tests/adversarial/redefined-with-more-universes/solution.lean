universe u
def Small (_ : Type u) : Prop := True
theorem target : Small Type := trivial
