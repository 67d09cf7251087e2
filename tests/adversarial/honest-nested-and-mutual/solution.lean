inductive Rose | node : List Rose → Rose
mutual
inductive E | z | s : O → E
inductive O | s : E → O
end
def Rose.one : Rose := .node []
theorem some_rose : Nonempty (Rose × E) := ⟨(Rose.one, .s (.s .z))⟩
theorem target : 2 + 2 = 4 := some_rose.elim fun _ => rfl
