inductive Tree | leaf | node (l r : Tree)
def Tree.size : Tree → Nat | leaf => 1 | node l r => l.size + r.size
def Tree.flip : Tree → Tree | leaf => leaf | node l r => node r.flip l.flip
theorem target (t : Tree) : t.flip.size = t.size := by
  induction t with
  | leaf => rfl
  | node l r hl hr => simp [Tree.flip, Tree.size, hl, hr]; omega
