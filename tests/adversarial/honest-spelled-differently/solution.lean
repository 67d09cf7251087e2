abbrev NonEmpty (xs : List Nat) : Prop := xs = [] → False
theorem target : ∀ xs : List Nat, NonEmpty xs → xs.length > Nat.zero
  | [], h => absurd rfl h
  | _ :: _, _ => Nat.succ_pos _
