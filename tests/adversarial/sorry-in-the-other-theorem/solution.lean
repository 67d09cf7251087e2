theorem first : 2 + 2 = 5 := sorry
theorem second : 3 + 3 = 7 := congrArg (fun n => n + 2) first
