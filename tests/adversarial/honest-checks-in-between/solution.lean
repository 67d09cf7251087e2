#check Nat.mul_comm
#eval 6 * 7
example : 6 * 7 = 42 := by norm_num1 <;> rfl
example : 1 + 1 = 2 := rfl
#print Nat.add
theorem target : 6 * 7 = 42 := rfl
#print axioms target
