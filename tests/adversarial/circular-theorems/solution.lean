mutual
theorem first : 2 + 2 = 5 := second
theorem second : 2 + 2 = 5 := first
end
