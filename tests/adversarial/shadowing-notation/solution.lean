local notation:max "2" => 3
theorem target : 2 + 2 = 5 := by decide
