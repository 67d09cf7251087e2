structure Facts where
  target : 2 + 2 = 4
