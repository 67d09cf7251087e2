theorem target : 2 + 2 = 5 := sorryAx _ false
