inductive Vec (α : Type) : Nat → Type
  | nil : Vec α 0
  | cons {n} : α → Vec α n → Vec α (n + 1)
def Vec.toList {α n} : Vec α n → List α
  | .nil => []
  | .cons a v => a :: v.toList
theorem target (α : Type) (n : Nat) (v : Vec α n) : v.toList.length = n := by
  induction v with
  | nil => rfl
  | cons a v ih => simp [Vec.toList, ih]
