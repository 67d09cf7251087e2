theorem target : 2 + 2 = 5 := step
where
  step : 2 + 2 = 5 := sorry
