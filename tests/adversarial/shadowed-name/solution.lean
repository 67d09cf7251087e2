def IsEven (n : Nat) : Prop := n % 2 = 0
namespace Evil
def IsEven (_ : Nat) : Prop := True
end Evil
theorem target : Evil.IsEven 3 := trivial
