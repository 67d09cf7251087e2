theorem tαrget : 2 + 2 = 4 := rfl
