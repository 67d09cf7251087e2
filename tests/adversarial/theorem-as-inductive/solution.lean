inductive target : Prop | intro (h : 2 + 2 = 4)
