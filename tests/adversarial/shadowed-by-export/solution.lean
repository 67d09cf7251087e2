namespace Evil
def IsEven (_ : Nat) : Prop := True
end Evil
export Evil (IsEven)
theorem target : IsEven 3 := trivial
