namespace Evil
axiom propext : False
end Evil
theorem target : 2 + 2 = 5 := Evil.propext.elim
