theorem target : 1000 * 1000 = 1000000 := by native_decide
