axiom target : 2 + 2 = 5
