inductive Rose (α : Type) | node (label : α) (children : List (Rose α))
inductive Json'
  | null
  | array (items : Array Json')
  | object (fields : List (String × Json'))
def Rose.size : Rose α → Nat
  | .node _ cs => 1 + (cs.attach.map fun ⟨c, _⟩ => c.size).sum
theorem Rose.size_pos (t : Rose α) : 0 < t.size := by
  cases t; simp [Rose.size]; omega
theorem target (t : Rose Nat) : ∃ a cs, t = .node a cs := by
  have := t.size_pos
  match t with
  | .node a cs => exact ⟨a, cs, rfl⟩
