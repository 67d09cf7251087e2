theorem A.target : 2 + 2 = 4 := rfl
theorem B.target : 2 + 2 = 4 := rfl
open A B
