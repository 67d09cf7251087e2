namespace A
end A
theorem target : 2 + 2 = 4 := rfl
